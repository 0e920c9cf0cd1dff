import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../runtime/index.ts";
import type { CallerShares, Exhausted, ShareOwner } from "./caller-shares.ts";
import { demandFewElements } from "./json-body.ts";
import { Problem } from "./problem.ts";

/** What any body may hold without being counted: less than its connection costs. */
const UNCOUNTED_BYTES = 8_192;

/** Whether a body comes that is to be counted, or may be. */
export const announcesLargeBody = ({ headers }: IncomingMessage): boolean => {
  const { "content-length": length, "transfer-encoding": coding } = headers;
  return length === undefined ? coding !== undefined : Number(length) > UNCOUNTED_BYTES;
};

/** How long the rest of a body that is refused is read and thrown away, so that its sender comes to read the answer. */
const DISCARD_MS = 1_000;
/** Pieces that a body may come in, and one more for so many bytes: each takes a few microseconds, however small it is. */
const PIECES_MAX = 4_096;
const PIECE_BYTES = 16;
/** How much room is made at once, at least. */
const GROWTH_BYTES = 16_384;

/** Whose a body is, and what such a one may send. */
export interface Sender {
  owner: ShareOwner;
  bytesMax: number;
}

export interface IncomingBodyOptions {
  budget: CallerShares;
  /** Places for bodies that are refused, and read to their end all the same. */
  discarding: CallerShares;
  clock: Clock;
  /** With its end, what was counted is given back; without one, with the body's. */
  response: ServerResponse | undefined;
  /** Whether bytes that are no UTF-8 are refused, and not read as the sign for what is none. */
  demandsUtf8?: boolean | undefined;
  senderOf(): Sender | Promise<Sender>;
  take(error: Error | null, text?: string): void;
}

/**
 * One body on its way in. Its pieces are copied together as they come: a piece of one byte would take hundreds as an object of its own.
 */
export class IncomingBody {
  readonly #payload: IncomingMessage;
  readonly #options: IncomingBodyOptions;
  readonly #announced: number | undefined;
  #bytes: Buffer | undefined;
  #length = 0;
  #pieces = 0;
  #sender: Sender | undefined;
  /** Taken from the owner's share. */
  #counted = 0;
  /** Why no more of it is kept. */
  #refusal: Error | undefined;
  #discardable = 0;
  #endDiscard = () => {};
  #isDone = false;

  constructor(payload: IncomingMessage, options: IncomingBodyOptions) {
    this.#payload = payload;
    this.#options = options;
    const length = payload.headers["content-length"];
    this.#announced = length === undefined ? undefined : Number(length);
  }

  /** @param bytesMax the most that anybody may send */
  read(bytesMax: number): void {
    const announced = this.#announced ?? 0;
    this.#discardable = 2 * bytesMax;
    if (announced > this.#discardable) {
      // Longer than anybody would wait for: the connection ends with the answer.
      this.#finish(tooLarge({ bytesMax }));
      return;
    }
    this.#payload.on("data", (chunk: Buffer) => this.#add(chunk));
    this.#payload.on("end", () => this.#end());
    this.#payload.on("error", () => this.#finish(brokenOff()));
    if (announced > UNCOUNTED_BYTES) this.#askForSender();
  }

  #add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (++this.#pieces > PIECES_MAX + length / PIECE_BYTES) this.#breakOff();
    else if (this.#refusal || this.#isDone) this.#discard(chunk.length);
    else if (!this.#sender && length > UNCOUNTED_BYTES) this.#askForSender(chunk);
    else if (this.#sender && length > this.#sender.bytesMax) this.#refuse(tooLarge(this.#sender));
    else if (this.#count(length)) this.#keep(chunk, length);
  }

  #keep(chunk: Buffer, length: number): void {
    // As nearly always, it came in one piece.
    if (chunk.length === this.#announced) this.#bytes = chunk;
    else this.#append(chunk, length);
    this.#length = length;
  }

  /** Reads no further before it is known whose it is. */
  #askForSender(chunk?: Buffer): void {
    const goOn = (sender: Sender) => {
      this.#sender = sender;
      if ((this.#announced ?? 0) > sender.bytesMax) this.#refuse(tooLarge(sender));
      if (chunk) this.#add(chunk);
    };
    const sender = this.#options.senderOf();
    if (sender instanceof Promise) {
      this.#payload.pause();
      sender.then(goOn, (error: Error) => this.#refuse(error)).finally(() => this.#payload.resume());
    } else goOn(sender);
  }

  /** Takes room for so many bytes in all, ahead of need, and never more than were announced. */
  #count(length: number): boolean {
    if (!this.#sender || length <= Math.max(this.#counted, UNCOUNTED_BYTES)) return true;
    const { owner, bytesMax } = this.#sender;
    const wanted = Math.min(Math.max(length, 2 * this.#counted, GROWTH_BYTES), this.#announced ?? bytesMax, bytesMax);
    const exhausted = this.#options.budget.take(owner, wanted - this.#counted);
    if (exhausted) this.#refuse(noRoom(exhausted));
    else this.#counted = wanted;
    return exhausted === undefined;
  }

  #append(chunk: Buffer, length: number): void {
    const room = this.#bytes?.length ?? 0;
    if (length > room) {
      const wanted = this.#counted || Math.min(Math.max(length, 2 * room), UNCOUNTED_BYTES);
      const grown = Buffer.allocUnsafeSlow(wanted);
      this.#bytes?.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes!, this.#length);
  }

  /** Of pieces without end none more is taken: the rest of what has come already would still be handed over one by one. */
  #breakOff(): void {
    if (!this.#isDone) this.#finish(inPieces());
    this.#payload.destroy();
  }

  #refuse(error: Error): void {
    if (this.#isDone || this.#refusal) return;
    this.#refusal = error;
    this.#bytes = undefined;
    this.#giveBack();
    // What many send is not worth the reading: they find their connection closed.
    const { discarding, clock } = this.#options;
    const owner = this.#sender?.owner;
    if (!owner || discarding.take(owner, 1) !== undefined) {
      this.#finish(error);
      return;
    }
    const cancel = clock.after(DISCARD_MS, () => this.#finish(error));
    this.#endDiscard = () => {
      cancel();
      discarding.give(owner, 1);
    };
  }

  #discard(length: number): void {
    this.#discardable -= length;
    if (this.#refusal && this.#discardable < 0) this.#finish(this.#refusal);
  }

  #end(): void {
    if (this.#refusal) {
      this.#finish(this.#refusal);
      return;
    }
    if (this.#options.demandsUtf8 && this.#bytes && !isUtf8(this.#bytes.subarray(0, this.#length))) {
      this.#finish(new Problem(400, "The body is not UTF-8", { code: "invalid_utf8" }));
      return;
    }
    const text = this.#bytes?.toString("utf8", 0, this.#length) ?? "";
    this.#finish(this.#tooComplex(text), text);
  }

  /** Small bodies hold little whatever they are made of. */
  #tooComplex(text: string): Error | null {
    if (!this.#sender || this.#sender.owner.isKnown) return null;
    try {
      demandFewElements(text);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  #finish(error: Error | null, text?: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#bytes = undefined;
    this.#endDiscard();
    const { response, take } = this.#options;
    if (error || !response || response.closed) this.#giveBack();
    else if (this.#counted > 0) this.#giveBackAfter(response);
    take(error, text);
  }

  /** The text lives as long as its request does. A response that waits for an earlier one's does not hear that its connection is gone. */
  #giveBackAfter(response: ServerResponse): void {
    const { socket } = this.#payload;
    const over = () => {
      response.off("close", over);
      socket.off("close", over);
      this.#giveBack();
    };
    response.on("close", over);
    socket.on("close", over);
  }

  #giveBack(): void {
    if (this.#counted > 0) this.#options.budget.give(this.#sender!.owner, this.#counted);
    this.#counted = 0;
  }
}

function tooLarge({ bytesMax, owner }: { bytesMax: number; owner?: ShareOwner }): Problem {
  const condition = owner && !owner.isKnown ? " without a key that this gateway knows" : "";
  return new Problem(413, `The request body is too large: at most ${bytesMax} bytes${condition}`);
}

const RETRY = { headers: { "retry-after": "1" } };

const noRoom = (exhausted: Exhausted) =>
  exhausted === "owner"
    ? new Problem(429, "Your other requests under way take all the room that one caller may have for bodies", RETRY)
    : new Problem(503, "The gateway has as many bodies of requests under way as it can hold; try again", RETRY);

const inPieces = () => new Problem(413, "The request body comes in too many small pieces");

/** A client that breaks off its body is no error of the gateway's. */
export const brokenOff = () => new Problem(400, "The request body broke off");
