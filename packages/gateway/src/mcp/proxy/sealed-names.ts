import type { Sealer } from "../../runtime/index.ts";

/** What a server names, and its callers bring back: sessions, tasks, and its own word of where a call was. */
export type NameKind = "session" | "task" | "state";

const LENGTH_MAX = 131_072;

/**
 * The names that a server gives, as one caller of one agent knows them. To the server all callers are the gateway: a name that is its own
 * would open to one caller what is another's. Any node reads what another has sealed.
 */
export class SealedNames {
  readonly #sealer: Sealer;
  readonly #whose: string;
  /** Of names that came with this exchange: they go back as they came. */
  readonly #known = new Map<string, string>();

  constructor(sealer: Sealer, { agentId, callerScope }: { agentId: string; callerScope: string }) {
    this.#sealer = sealer;
    this.#whose = JSON.stringify([agentId, callerScope]);
  }

  seal(kind: NameKind, name: string): string {
    return this.#known.get(`${kind} ${name}`) ?? this.#sealer.seal(name, this.#purpose(kind));
  }

  /** As the caller brought the name with this exchange; undefined for any other. */
  broughtAs(kind: NameKind, name: string): string | undefined {
    return this.#known.get(`${kind} ${name}`);
  }

  /** Undefined for what this caller was never given. */
  open(kind: NameKind, given: unknown): string | undefined {
    if (typeof given !== "string" || given.length > LENGTH_MAX) return undefined;
    try {
      const name = this.#sealer.open(given, this.#purpose(kind));
      this.#known.set(`${kind} ${name}`, given);
      return name;
    } catch {
      return undefined;
    }
  }

  #purpose(kind: NameKind): string {
    return `mcp proxy ${kind} ${this.#whose}`;
  }
}
