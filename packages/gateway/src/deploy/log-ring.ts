import { appendFile, mkdir, open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../runtime/index.ts";
import type { WriteLog } from "./runtime.ts";

/** Of each of two files: the one that is written, and the one before it. */
const FILE_BYTES_MAX = 1_048_576;
const LINE_LENGTH_MAX = 8_192;
/** Who writes more than that waits; it has so much at once. */
const BYTES_PER_SECOND = 262_144;
const BURST_BYTES = 1_048_576;
const FOLLOWERS_MAX = 8;

/** Who wants to know what is written from now on. */
export interface Follower {
  lines(lines: readonly string[]): void;
  end(): void;
}

/** The latest lines that an agent has written, on disk: two files, of which the older one makes way. */
export class LogRing {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #followers = new Set<Follower>();
  #bytes: number | undefined;
  #appending: Promise<void> = Promise.resolve();
  #credit = BURST_BYTES;
  #creditAt: number;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
    this.#creditAt = clock.monotonic();
  }

  /** A place for one stream of text to write to, which may come in any pieces; none at all ends the last line. */
  writer(): WriteLog {
    let rest = "";
    return async (text) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!;
      if (text === "" && rest !== "") lines.push(rest);
      if (text === "") rest = "";
      while (rest.length >= LINE_LENGTH_MAX) {
        lines.push(rest.slice(0, LINE_LENGTH_MAX));
        rest = rest.slice(LINE_LENGTH_MAX);
      }
      if (lines.length > 0) await this.write(lines);
    };
  }

  /** Keeps lines; resolves when there is room for more. */
  async write(lines: readonly string[]): Promise<void> {
    const at = new Date(this.#clock.now()).toISOString();
    const told = lines.map((line) => `${at} ${line.slice(0, LINE_LENGTH_MAX)}`);
    for (const { lines: tell } of this.#followers) tell(told);
    const text = `${told.join("\n")}\n`;
    const appended = this.#appending.then(() => this.#append(text));
    // A full disk loses lines, not the agent.
    this.#appending = appended.catch(() => {});
    await this.#appending;
    await this.#patience(Buffer.byteLength(text));
  }

  /** The latest lines, the newest last. */
  async tail(lines: number): Promise<string[]> {
    if (lines === 0) return [];
    await this.#appending;
    const newer = await tailOf(this.#path("log"), lines);
    const older = newer.length < lines ? await tailOf(this.#path("log.1"), lines - newer.length) : [];
    return [...older, ...newer];
  }

  /** Tells `follower` of each line from now on, until what is returned is called; undefined when too many listen already. */
  follow(follower: Follower): (() => void) | undefined {
    if (this.#followers.size >= FOLLOWERS_MAX) return undefined;
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Nothing more comes. */
  close(): void {
    for (const { end } of this.#followers) end();
    this.#followers.clear();
  }

  async #append(text: string): Promise<void> {
    if (this.#bytes === undefined) {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      this.#bytes = (await stat(this.#path("log")).catch(() => undefined))?.size ?? 0;
    }
    if (this.#bytes > FILE_BYTES_MAX) {
      await rename(this.#path("log"), this.#path("log.1"));
      this.#bytes = 0;
    }
    await appendFile(this.#path("log"), text, { mode: 0o600 });
    this.#bytes += Buffer.byteLength(text);
  }

  /** Waits while there was too much: an agent that writes without end holds up itself alone. */
  async #patience(bytes: number): Promise<void> {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#creditAt) / 1_000) * BYTES_PER_SECOND;
    this.#credit = Math.min(BURST_BYTES, this.#credit + earned) - bytes;
    this.#creditAt = now;
    if (this.#credit >= 0) return;
    await new Promise<void>((resolve) => this.#clock.after((-this.#credit / BYTES_PER_SECOND) * 1_000, resolve));
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

/** The last lines of a file, of which no more is read than that takes. */
async function tailOf(path: string, lines: number): Promise<string[]> {
  const file = await open(path).catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, lines * (LINE_LENGTH_MAX + 32) * 4);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const all = buffer.toString("utf8", 0, bytesRead).split("\n");
    all.pop();
    return lines < all.length ? all.slice(-lines) : all;
  } finally {
    await file.close();
  }
}
