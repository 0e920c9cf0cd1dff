import type { Storage } from "../storage/index.ts";

/** One sealed text, wherever it is kept. */
export interface SealedText {
  /** Names it within its place; texts are read in the order of these. */
  key: string;
  sealed: string;
  /** What it was sealed for. */
  purpose: string;
}

/** Where a room keeps sealed texts, for whoever has to seal them anew. */
export interface SealedPlace {
  /** In words, such as `agents' credentials`. */
  what: string;
  /** The texts whose keys come after `after`, in the order of keys. */
  page(storage: Storage, after: string, limit: number): Promise<SealedText[]>;
  /** Puts another text in the place of one that has not changed meanwhile. */
  replace(storage: Storage, text: SealedText, sealed: string): Promise<void>;
  /** Forgets one that has not changed meanwhile. */
  forget(storage: Storage, text: SealedText): Promise<void>;
}

const PAGE = 200;

/** Every sealed text of a place, read in pages. */
export async function* textsOf(place: SealedPlace, storage: Storage): AsyncIterable<SealedText> {
  for (let after = ""; ; ) {
    const page = await place.page(storage, after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}
