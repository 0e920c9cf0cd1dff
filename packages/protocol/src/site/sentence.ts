/** A description as a sentence that another can follow: with a full stop, where it has no end of its own. */
export function sentence(description: string): string {
  const text = description.trim();
  return text === "" || /[.!?…。！？][)\]"'”’»]*$/u.test(text) ? text : `${text}.`;
}
