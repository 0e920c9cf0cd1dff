import { type Actor, actorOf } from "../access/index.ts";
import type { Refusal } from "../http/index.ts";
import type { Clock, Log, NetworkOf } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { AuditLog } from "./audit-log.ts";
import { byGateway } from "./by.ts";

export interface RefusalsOptions {
  storage: Storage;
  auditLog: AuditLog;
  clock: Clock;
  log: Log;
  networkOf: NetworkOf;
}

const MINUTE_MS = 60_000;
/** Kinds of refusals in a minute, and callers of each that are told apart; the others are counted together. */
const KINDS_MAX = 16;
const CALLERS_MAX = 20;
const OTHERS = "others";

/**
 * Counts who was not let administer, and why, and writes it down each minute: a row for each kind of refusal with a count for each key or,
 * where the key is nobody's, address. However many there are, so much is written and no more.
 */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #counts = new Map<string, Map<string, number>>();
  #cancel: (() => void) | undefined;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  note({ code, caller, address }: Refusal): void {
    const kind = nameIn(this.#counts, code, KINDS_MAX);
    let counts = this.#counts.get(kind);
    if (!counts) {
      counts = new Map();
      this.#counts.set(kind, counts);
    }
    const who = caller ? nameOf(actorOf(caller)) : this.#options.networkOf(address);
    const name = nameIn(counts, who, CALLERS_MAX);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    this.#cancel ??= this.#options.clock.after(MINUTE_MS, () => {
      this.#cancel = undefined;
      void this.write();
    });
  }

  /** Writes down what was counted so far. */
  async write(): Promise<void> {
    const { storage, auditLog, log } = this.#options;
    const counted = [...this.#counts];
    this.#counts.clear();
    if (counted.length === 0) return;
    const written = storage.db.transaction().execute(async (trx) => {
      for (const [kind, counts] of counted)
        await auditLog.rowIn(trx, byGateway, {
          action: "access.refused",
          orgId: null,
          target: { kind: "refusal", id: kind },
          changes: [...counts].map(([field, after]) => ({ field, before: null, after })),
        });
    });
    await written.catch((error) => log.warn({ err: error }, "refusals could not be written into the audit log"));
  }

  async close(): Promise<void> {
    this.#cancel?.();
    await this.write();
  }
}

const nameOf = ({ kind, keyId, orgId }: Actor): string =>
  keyId !== null ? `key ${keyId}` : orgId !== null ? `org ${orgId}` : kind;

/** The name under which this one is counted, when so many are there already. */
const nameIn = (counted: ReadonlyMap<string, unknown>, name: string, max: number): string =>
  counted.has(name) || counted.size < max ? name : OTHERS;
