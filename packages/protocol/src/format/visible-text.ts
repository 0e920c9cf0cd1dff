/**
 * Characters that hide, or change what a reader sees of others: directions, zero width, controls, tags, fillers; not tabs, line ends, and
 * the choice between a sign and its picture. A joiner between letters or pictures joins; elsewhere it hides.
 */
const HIDING =
  /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]--[\t\n\u200c\u200d\ufe0e\ufe0f]]|(?<![\p{L}\p{M}\p{Extended_Pictographic}\ufe0f])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{Extended_Pictographic}])/gv;

/** A text that an agent or anybody else wrote, with what hides in it made visible: `user\u202Egnp` becomes `user⟨U+202E⟩gnp`. */
export const visibleText = (text: string): string =>
  text.replace(HIDING, (char) => `⟨U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`);

/** The same, cut to at most so many characters, as people count them. */
export function shortText(text: string, max: number): string {
  const visible = visibleText(text.slice(0, max * 20));
  if (visible.length <= max) return visible;
  let short = "";
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(visible)) {
    // A letter may carry hundreds of marks: they count as well.
    count += 1 + Math.floor(segment.length / 8);
    if (count >= max) return `${short}…`;
    short += segment;
  }
  return text.length > max * 20 ? `${short}…` : short;
}
