/** What a template's placeholders stand for. */
export interface Placeholders {
  input: string;
  previous: string;
}

const PLACEHOLDER = /\{(input|previous)\}/g;

/**
 * The template with its placeholders replaced, each once: what is put in is not looked at again. Undefined when the text would have more
 * than so many characters, which is known before it is made.
 */
export function renderTemplate(template: string, values: Placeholders, charactersMax: number): string | undefined {
  let length = template.length;
  for (const [placeholder, name] of template.matchAll(PLACEHOLDER)) {
    length += values[name as keyof Placeholders].length - placeholder.length;
  }
  if (length > charactersMax) return undefined;
  return template.replace(PLACEHOLDER, (_, name: keyof Placeholders) => values[name]);
}
