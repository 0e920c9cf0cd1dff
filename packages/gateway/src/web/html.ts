const ESCAPED = /[&<>"'`]/g;

/** Markup that may stand in a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

/** A template of markup. What is put into it is escaped, unless it is markup itself; nothing stands for undefined and false. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(String.raw({ raw: strings }, ...parts.map(toMarkup)));

function toMarkup(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(toMarkup).join("");
  return `${part as string | number}`.replace(ESCAPED, (char) => `&#${char.charCodeAt(0)};`);
}
