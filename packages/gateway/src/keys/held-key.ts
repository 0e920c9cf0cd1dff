import { BlockList, isIP } from "node:net";
import type { KeyLimits } from "../access/index.ts";
import { type Clock, type Micros, microsNow, plainAddress } from "../runtime/index.ts";
import { ALL_SCOPES, type ApiKey } from "./key.ts";

/** A key in memory, as the decisions of who may do what see it. Its end comes by the clock. */
export class HeldKey implements KeyLimits {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: ReadonlySet<string> | undefined;
  readonly agentIds: ReadonlySet<string> | undefined;
  readonly rate: KeyLimits["rate"];
  readonly perCallMax: bigint | undefined;
  readonly budgets: KeyLimits["budgets"];
  readonly isBounded: boolean;
  readonly endsAt: number | undefined;
  readonly #clock: Clock;
  readonly #endsAt: Micros | null;
  readonly #isDisabled: boolean;
  readonly #allowed: BlockList | undefined;

  /** @param endsAt when what was shown ends, which for a key's predecessor is not when the key does */
  constructor(key: ApiKey, endsAt: Micros | null, clock: Clock) {
    this.keyId = key.id;
    this.name = key.name;
    this.budgets = key.budgets;
    this.scopes = key.scopes.includes(ALL_SCOPES) ? undefined : new Set(key.scopes);
    this.agentIds = key.agents === null ? undefined : new Set(key.agents);
    this.rate = rateOf(key);
    this.perCallMax = key.perCallMax ?? undefined;
    const bounds = [key.agents, this.rate ?? null, key.perCallMax, key.ipAllow, endsAt];
    this.isBounded = key.budgets.length > 0 || bounds.some((bound) => bound !== null);
    this.endsAt = endsAt === null ? undefined : Math.ceil(Number(endsAt) / 1000);
    this.#clock = clock;
    this.#endsAt = endsAt;
    this.#isDisabled = key.disabledAt !== null;
    this.#allowed = key.ipAllow === null ? undefined : rangesOf(key.ipAllow);
  }

  get ended(): "expired" | "disabled" | undefined {
    if (this.#isDisabled) return "disabled";
    return this.#endsAt !== null && microsNow(this.#clock) >= this.#endsAt ? "expired" : undefined;
  }

  isShownFrom(address: string): boolean {
    if (!this.#allowed) return true;
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && this.#allowed.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

/** A burst without a rate is one second's, and a rate without a burst at least one task. */
function rateOf({ rateLimit, rateBurst }: ApiKey): KeyLimits["rate"] {
  if (rateLimit === null && rateBurst === null) return undefined;
  const rate = rateLimit ?? rateBurst!;
  return { rate, burst: rateBurst ?? Math.max(1, Math.ceil(rate)) };
}

function rangesOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const type = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(bits), type);
  }
  return list;
}
