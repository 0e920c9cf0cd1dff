import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { Shares } from "../runtime/index.ts";
import { Problem } from "./problem.ts";

/** What is written out at once, and of it for one organization or the admin. */
const EXPORTS = { total: 8, perOwner: 2 };
const PATIENCE_MS = 120_000;

export interface Export {
  /** Who asks for it. */
  owner: string;
  reply: FastifyReply;
  contentType: string;
  filename: string;
  /** What is in it, some at a time: no more is asked for than is read, and nothing any more once it is over. */
  lines(over: AbortSignal): AsyncIterable<string>;
  /** Tells when whoever asks may not read it any more. Returns what ends that. */
  watch(onEnded: (why: Error) => void): () => void;
}

/** Lists that are written out whole, however long they are: a few at once, each for as long as somebody reads who may. */
export class Exports {
  readonly #places = new Shares(EXPORTS);
  readonly #patienceMs: number;

  /** @param patienceMs a reader who takes nothing for so long is cut off; two minutes by default */
  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** @throws Problem 429 */
  write({ owner, reply, contentType, filename, lines, watch }: Export): Readable {
    if (!this.#places.take(owner)) throw tooMany();
    const over = new AbortController();
    const stream = Readable.from(lines(over.signal), { objectMode: false, highWaterMark: 1 });
    const stopWatching = watch((why) => stream.destroy(why));
    const { raw } = reply;
    const cut = () => raw.destroy();
    stream.once("close", () => {
      // The connection may have another answer to give.
      raw.off("timeout", cut);
      raw.setTimeout(0);
      over.abort();
      stopWatching();
      this.#places.give(owner);
    });
    raw.setTimeout(this.#patienceMs, cut);
    reply.headers({ "content-type": contentType, "content-disposition": `attachment; filename="${filename}"` });
    return stream;
  }
}

const tooMany = () =>
  new Problem(429, "As many lists are written out as may be at once; wait until one has ended", {
    code: "too_many_exports",
    headers: { "retry-after": "5" },
  });
