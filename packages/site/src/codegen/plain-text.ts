// Texts of strangers go into code, comments and Markdown. None may end what it stands in, or look like something else.

/** Line ends of any kind, other control characters, halves of characters, and those that change the order in which a line is shown. */
const unprintable = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A string literal of TypeScript and JSON. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** One line of a comment. */
export const commentText = (text: string): string => text.replace(unprintable, " ").replaceAll("*/", "*\\/").trim();

/** Lines of a comment. */
export const commentLines = (text: string): string[] => text.split(/[\r\n\u2028\u2029]+/).map(commentText);
