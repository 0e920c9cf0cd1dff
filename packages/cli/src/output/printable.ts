/**
 * Text from elsewhere, safe to print on a terminal: names of agents are anybody's, and control characters could move the
 * cursor, hide text or write the clipboard. Line breaks become spaces.
 */
export const printable = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** JSON with the control characters that it may hold as they are (U+007F to U+009F) written as escapes. */
export const escapeControls = (json: string): string =>
  json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
