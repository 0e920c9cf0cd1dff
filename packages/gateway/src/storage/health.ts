import type { Clock, Log } from "../runtime/index.ts";
import type { Engine } from "./engine.ts";
import { type Trouble, troubleOf } from "./errors.ts";

export interface StorageHealthOptions {
  engine: Pick<Engine, "name" | "batch">;
  clock: Clock;
  log: Log;
}

/** How long a probe's answer is good for: nobody who asks makes the gateway write more often than that. */
const GOOD_FOR_MS = 5_000;
const BAD_FOR_MS = 1_000;
/** How often it is looked at whether it is over, also when nobody asks. */
const LOOK_MS = 5_000;
/** What is said once is not said again for so long, while it lasts. */
const SAY_AGAIN_MS = 60_000;
/**
 * A little is written to know that the database takes writes; after it had no room, as much as a busy moment's transaction, for a
 * little may fit where that does not.
 */
const LITTLE = ".";
const MUCH = 262_144;
/** Troubles of the database's own; of the others, those who come in between say enough. */
const lasting: ReadonlySet<Trouble | undefined> = new Set(["away", "full", "read_only", "damaged"]);

/** Whether the database does its work: by what went wrong of late, and by writing a row of no meaning. */
export class StorageHealth {
  readonly #options: StorageHealthOptions;
  /** What went wrong last, until a probe has shown that it is over. */
  #failure: unknown;
  #probed: { at: number; error: unknown } | undefined;
  #probing: Promise<void> | undefined;
  #said: { trouble: Trouble; at: number } | undefined;
  #cancelLook: (() => void) | undefined;
  #isClosed = false;

  constructor(options: StorageHealthOptions) {
    this.#options = options;
  }

  /** A statement failed. */
  failed(error: unknown): void {
    const trouble = troubleOf(error);
    if (!trouble || !lasting.has(trouble)) return;
    const { clock, log } = this.#options;
    if (!this.#isDamaged()) this.#failure = error;
    this.#lookLater();
    const now = clock.monotonic();
    if (this.#said?.trouble === trouble && now - this.#said.at < SAY_AGAIN_MS) return;
    this.#said = { trouble, at: now };
    log.error({ err: error, trouble }, "the database does not do its work");
  }

  /** @throws what the database failed with, when it does not take writes */
  async check(): Promise<void> {
    const { clock } = this.#options;
    if (this.#isDamaged()) throw this.#failure;
    const probed = this.#probed;
    const goodForMs = probed?.error === undefined && this.#failure === undefined ? GOOD_FOR_MS : BAD_FOR_MS;
    if (!probed || clock.monotonic() - probed.at >= goodForMs) {
      this.#probing ??= this.#probe().finally(() => {
        this.#probing = undefined;
      });
      await this.#probing;
    }
    const error = this.#probed!.error ?? this.#failure;
    if (error !== undefined) throw error;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  /** Until it is over, so that the log says when that was. */
  #lookLater(): void {
    if (this.#isClosed || this.#isDamaged()) return;
    this.#cancelLook ??= this.#options.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined;
      if (this.#failure === undefined) return;
      void this.check().catch(() => this.#lookLater());
    });
  }

  async #probe(): Promise<void> {
    const { engine, clock, log } = this.#options;
    const before = this.#failure;
    const placeholder = engine.name === "postgres" ? "$1" : "?";
    const sql = `insert into settings (name, value) values ('write_probe', ${placeholder})
      on conflict (name) do update set value = excluded.value`;
    let error: unknown;
    try {
      await engine.batch([{ sql, parameters: [before === undefined ? LITTLE : noise()] }]);
    } catch (reason) {
      error = reason;
    }
    this.#probed = { at: clock.monotonic(), error };
    if (error !== undefined || this.#failure !== before) return;
    this.#failure = undefined;
    if (this.#said) log.warn({ trouble: this.#said.trouble }, "the database does its work again");
    this.#said = undefined;
  }

  /** Nothing mends a damaged file but its operator, whose node starts anew. */
  #isDamaged(): boolean {
    return this.#failure !== undefined && troubleOf(this.#failure) === "damaged";
  }
}

/** Text that no engine stores in less room than it has. */
function noise(): string {
  const bytes = new Uint8Array(65_536);
  let text = "";
  while (text.length < MUCH) text += Buffer.from(crypto.getRandomValues(bytes)).toString("base64");
  return text;
}
