import type { DirectorySite } from "./directory.ts";

/** A site that can do what was asked for, more or less. */
export interface SiteMatch {
  readonly site: DirectorySite;
  /** How well it fits; only to be compared with that of others. */
  readonly score: number;
  /** Intents and flows that the question's words are found in, the best first. */
  readonly operations: readonly { readonly kind: "intent" | "flow"; readonly name: string }[];
}

/** Weights of a word by where it stands. */
const WEIGHTS = { name: 3, description: 1, siteName: 2, siteDescription: 0.5 };
/** Words of a question that are looked at. */
const WORDS_MAX = 32;

/** Sites that have some of the question's words in what they do, best first; of those that fit alike, in the directory's order. */
export function searchSites(question: string, sites: Iterable<DirectorySite>): SiteMatch[] {
  const asked = [...new Set(wordsOf(question))].slice(0, WORDS_MAX);
  const matches: SiteMatch[] = [];
  for (const site of sites) {
    const own = [
      weigh(asked, site.name, WEIGHTS.siteName),
      weigh(asked, [site.description, ...(site.tags ?? [])].join(" "), WEIGHTS.siteDescription),
    ];
    const operations = [
      ...site.intents.map(({ name, description }) => ({ kind: "intent" as const, name, description })),
      ...site.flows.map(({ name, description, steps }) => ({
        kind: "flow" as const,
        name,
        description: [description, ...steps].join(" "),
      })),
    ]
      .map(({ kind, name, description }) => ({
        kind,
        name,
        weights: best([weigh(asked, name, WEIGHTS.name), weigh(asked, description, WEIGHTS.description)]),
      }))
      .filter(({ weights }) => sum(weights) > 0)
      .sort((a, b) => sum(b.weights) - sum(a.weights));
    const score = sum(best([...own, ...operations.map(({ weights }) => weights)]));
    if (score > 0) matches.push({ site, score, operations: operations.map(({ kind, name }) => ({ kind, name })) });
  }
  return matches.sort((a, b) => b.score - a.score);
}

/** Of each word that was asked for, what it weighs in this text. */
function weigh(asked: readonly string[], text: string, weight: number): number[] {
  const found = wordsOf(text);
  return asked.map((word) => {
    if (found.includes(word)) return weight;
    // `orders` and `ordering` are about orders.
    return word.length > 3 && found.some((one) => isAlike(one, word)) ? weight * 0.7 : 0;
  });
}

const isAlike = (one: string, other: string): boolean => {
  const stem = Math.max(4, Math.min(one.length, other.length) - 2);
  return one.length > 3 && one.slice(0, stem) === other.slice(0, stem);
};

/** `searchProducts`, `search_products` and `search products` are the same words. */
const wordsOf = (text: string): string[] =>
  text
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !emptyWords.has(word));

/** Words that say nothing of what is done. */
const emptyWords = new Set("a an the to for in on of and or with my me is at by from some any can that it".split(" "));

/** The best of several weights, word by word. */
const best = (several: readonly number[][]): number[] =>
  (several[0] ?? []).map((_, index) => Math.max(...several.map((weights) => weights[index] ?? 0)));

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);
