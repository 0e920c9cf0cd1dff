import type { Agent } from "./agent.ts";

/** What is stored of an agent for the sake of searching. */
export interface SearchTexts {
  /** Name, description and tags. */
  search_text: string;
  /** The ids and names of the skills. */
  skills_text: string;
  /** Each tag whole. */
  tags_text: string;
}

/** A piece of text that one of an agent's search texts must contain: three characters at least, as trigrams need them. */
export interface Part {
  column: keyof SearchTexts;
  text: string;
}

/** Stands between texts, so that nothing is found across them. */
const TEXT_EDGE = "\n";
/** Stands around each tag, so that a whole one can be looked for as a part. */
const TAG_EDGE = "\u001f";
/** Stands before each of the short pieces that follow a text, which make one or two characters findable. */
const SHORT_EDGE = "\u001e\u001e";

export const searchTexts = ({ name, description, tags, skills }: Agent): SearchTexts => ({
  search_text: withShortPieces([name, description, ...tags], wordStarts),
  skills_text: withShortPieces(skillNames(skills), everywhere),
  tags_text: tags.length === 0 ? "" : TAG_EDGE + tags.map(tagKey).join(TAG_EDGE) + TAG_EDGE,
});

/** Tags that differ in case or in blanks around them only are one. */
export const tagKey = (tag: string): string => fold(tag).trim();

export function partsOf({
  q,
  skill,
  tags,
}: {
  q?: string | undefined;
  skill?: string | undefined;
  tags: readonly string[];
}): Part[] {
  return [
    ...textPart("search_text", q),
    ...textPart("skills_text", skill),
    ...tags
      .map(tagKey)
      .filter(Boolean)
      .map((key) => ({ column: "tags_text", text: TAG_EDGE + key + TAG_EDGE }) as const),
  ];
}

/**
 * Text in which spellings that differ in case only are the same, on every database. The two lower-case forms of Σ are one, and the
 * control characters, of which some are edges here, are blanks.
 */
const fold = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replaceAll(/\p{Cc}/gu, " ")
    .toWellFormed();

function textPart(column: Part["column"], given: string | undefined): Part[] {
  const text = fold(given ?? "").trim();
  if (text === "") return [];
  const isShort = text.length < 3 || [...text].length < 3;
  return [{ column, text: isShort ? SHORT_EDGE + text : text }];
}

/** Ids and names come from the agent's own card, and may be anything. */
const skillNames = (skills: Agent["skills"]): string[] =>
  skills.flatMap(({ id, name }) => [id, name]).filter((value) => typeof value === "string");

/** The texts, and after them, once each, the two characters at every position that `starts` finds. */
function withShortPieces(texts: readonly string[], starts: RegExp): string {
  const text = texts.map(fold).join(TEXT_EDGE);
  const pieces = new Set(Array.from(text.matchAll(starts), ([, piece]) => SHORT_EDGE + piece));
  return [text, ...pieces].join("");
}

const everywhere = /(?=(\S\S?))/gu;
/** Where a word or a sign begins; in scripts that put no blanks between words, at every character. */
const wordStarts =
  /(?:(?<![\p{L}\p{M}\p{N}])|(?![\p{L}\p{M}\p{N}])|(?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]))(?=(\S\S?))/gu;
