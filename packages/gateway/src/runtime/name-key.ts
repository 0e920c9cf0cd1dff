/** Letters of other scripts, in lower case, that are taken for Latin ones in some font or case (after UTS 39, section 4, the common part). */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    // Cyrillic
    ["авекмнорстухѕіјԁһԛԝӏ", "abekmhopctyxsijdhqwl"],
    // Greek
    ["αβεζηικμνορτυχωϲϳ", "abezhikmvoptyxwcj"],
    // Armenian
    ["օսհոցզյլ", "ouhngqjl"],
    // Latin letters that are others' doubles
    ["ɑɡɩıᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "agiiabcdefghijklmnoprstuvwyz"],
  ].flatMap(([from, to]) => [...from!].map((letter, at) => [letter, [...to!][at]!])),
);

/** Nothing to see: format and control characters, and those that a font may leave out (zero width, variation, fillers). */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]/gu;
/** The blank of Braille is no white space to Unicode. */
const BLANKS = /[\s\u2800]+/gu;

/**
 * The same for names that people take for one another: whatever their normal form, case, white space, zero-width characters and letters of
 * other scripts that look alike. Empty for a name with nothing to see.
 */
export function nameKey(name: string): string {
  const visible = name
    .replace(/[\t\n\r\v\f]/g, " ")
    .normalize("NFKC")
    .replace(INVISIBLE, "")
    .replace(BLANKS, " ")
    .trim();
  // By way of capitals, for there are letters with several small ones (ſ, ς, ı) and small ones of several letters (ß).
  const folded = visible.toUpperCase().toLowerCase().normalize("NFKC").replaceAll("ς", "σ");
  return Array.from(folded, (letter) => LOOKALIKES[letter] ?? letter).join("");
}

const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** Whether a word of the name has letters of several scripts that look alike, which no language does. */
export const mixesScripts = (name: string): boolean =>
  (name.match(/[\p{L}\p{M}]+/gu) ?? []).some((word) => SCRIPTS.filter((script) => script.test(word)).length > 1);
