import { strict as assert } from "node:assert";
import { Shares } from "../runtime/index.ts";
import type { Lane } from "./lane.ts";

/** How many deliveries may be under way at once on a node. */
export interface PlaceLimits {
  total: number;
  tenant: number;
  source: number;
  owner: number;
  receiver: number;
  /** Of one owner to one receiver: below the owner's, so that one that hangs leaves it places for others. */
  ownerAtReceiver: number;
}

/** Who has a part of the places, of which a lane needs one of each. */
interface Sharer {
  name: string;
  shares: Shares;
  keyOf(lane: Lane): string;
}

/** The places for deliveries, of which each tenant, source, owner and receiver has a part. */
export class Places {
  readonly #sharers: readonly Sharer[];
  readonly #total: number;

  constructor({ total, ...limits }: PlaceLimits) {
    const sharer = (name: Exclude<keyof PlaceLimits, "total">, keyOf: Sharer["keyOf"]): Sharer => ({
      name,
      shares: new Shares({ total, perOwner: limits[name] }),
      keyOf,
    });
    this.#total = total;
    this.#sharers = [
      sharer("ownerAtReceiver", ownerAtReceiver),
      sharer("receiver", ({ receiver }) => receiver),
      sharer("owner", ({ owner }) => owner),
      sharer("source", ({ source }) => source),
      sharer("tenant", ({ tenant }) => tenant),
    ];
  }

  get areAllTaken(): boolean {
    return this.#sharers[0]!.shares.used >= this.#total;
  }

  /** Whose share of the places is used up, so that this lane cannot have one; undefined when it can, where any is left. */
  usedUpFor(lane: Lane): { key: string; places: number } | undefined {
    for (const { name, shares, keyOf } of this.#sharers) {
      const key = keyOf(lane);
      if (shares.usedBy(key) >= shares.perOwner) return { key: `${name}\0${key}`, places: shares.perOwner };
    }
    return undefined;
  }

  /** Only where neither all are taken nor a share is used up. */
  take(lane: Lane): void {
    for (const { shares, keyOf } of this.#sharers) assert(shares.take(keyOf(lane)), "a place was taken twice");
  }

  give(lane: Lane): void {
    for (const { shares, keyOf } of this.#sharers) shares.give(keyOf(lane));
  }

  /** By which a lane's share may be used up. */
  keysOf(lane: Lane): string[] {
    return this.#sharers.map(({ name, keyOf }) => `${name}\0${keyOf(lane)}`);
  }
}

/** Names what an owner has for one receiver. */
export const ownerAtReceiver = ({ owner, receiver }: Lane): string => `${owner}\0${receiver}`;
