import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, type NetworkOf, plainAddress } from "../runtime/index.ts";
import type { TrustsProxy } from "./client-address.ts";
import type { HttpSocket } from "./connections.ts";

export interface ConnectionLimitsOptions {
  /** Connections of all clients. */
  total: number;
  /** Connections of one network; trusted proxies carry many clients' and have no bound of their own. */
  perNetwork: number;
  networkOf: NetworkOf;
  trusts: TrustsProxy | undefined;
  clock: Clock;
}

/** A connection without a request is left alone for so long: it may be about to send one. */
const FRESH_MS = 1_000;
/** Connections looked at, and networks, to find one that can be done without. */
const LOOKED_AT_MAX = 256;

/** One that somebody has taken over, or on which a whole request is being answered. */
const isNeeded = ({ socket, isUpgraded }: Known): boolean => isUpgraded || socket._httpMessage?.req.complete === true;

interface Known {
  socket: HttpSocket;
  openedMs: number;
  isUpgraded: boolean;
}

/**
 * How many connections there are, in all and of each network. Where there is no room, a newcomer takes the place of a connection on which
 * nothing is being answered, the network's oldest first: whoever opens many and says nothing keeps nobody out. If there is none, it is
 * closed itself.
 */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #networks = new Map<string, Map<Duplex, Known>>();
  #count = 0;

  constructor(server: Server, options: ConnectionLimitsOptions) {
    this.#options = options;
    server.on("connection", (socket: Socket) => this.#admit(socket));
    server.on("upgrade", ({ socket }: IncomingMessage) => {
      const known = this.#networks.get(this.#nameOf(socket))?.get(socket);
      if (known) known.isUpgraded = true;
    });
  }

  get count(): number {
    return this.#count;
  }

  #admit(socket: Socket): void {
    const name = this.#nameOf(socket);
    if (!this.#hasRoom(name)) {
      socket.destroy();
      return;
    }
    const group = this.#networks.get(name) ?? new Map<Duplex, Known>();
    this.#networks.set(name, group);
    group.set(socket, { socket, openedMs: this.#options.clock.monotonic(), isUpgraded: false });
    this.#count++;
    socket.once("close", () => this.#forget(name, socket));
  }

  /** There is room, or it is made. */
  #hasRoom(name: string): boolean {
    const { total, perNetwork } = this.#options;
    const own = this.#networks.get(name);
    if (own && name !== PROXIES && own.size >= perNetwork) return this.#giveWay(name, FRESH_MS);
    if (this.#count < total) return true;
    const [largest, size] = this.#largest();
    // Who has few does not wait for who has many.
    return this.#giveWay(largest, (own?.size ?? 0) < size / 2 ? 0 : FRESH_MS);
  }

  #nameOf({ remoteAddress }: Socket): string {
    const address = plainAddress(remoteAddress);
    return this.#options.trusts?.(address) ? PROXIES : this.#options.networkOf(address);
  }

  /** Closes a connection of this network that can be done without. */
  #giveWay(name: string, freshMs: number): boolean {
    const group = this.#networks.get(name);
    const before = this.#options.clock.monotonic() - freshMs;
    let looked = 0;
    for (const known of group?.values() ?? []) {
      if (++looked > LOOKED_AT_MAX || known.openedMs > before) return false;
      if (isNeeded(known)) {
        // The next search does not begin with it.
        group!.delete(known.socket);
        group!.set(known.socket, known);
        continue;
      }
      this.#forget(name, known.socket);
      known.socket.destroy();
      return true;
    }
    return false;
  }

  #largest(): [name: string, size: number] {
    let largest: [string, number] = ["", 0];
    let looked = 0;
    for (const [name, { size }] of this.#networks) {
      if (size > largest[1]) largest = [name, size];
      if (++looked > LOOKED_AT_MAX) break;
    }
    return largest;
  }

  #forget(name: string, socket: Duplex): void {
    const group = this.#networks.get(name);
    if (!group?.delete(socket)) return;
    this.#count--;
    if (group.size === 0) this.#networks.delete(name);
  }
}

const PROXIES = "trusted proxies";
