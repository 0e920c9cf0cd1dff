import type { Dispatcher } from "undici";
import { Client, type ClientOptions } from "./undici.ts";

/** Where a lane's requests go: undici's pool, or {@link Connections}. */
export interface LanePool {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  /** Lets the requests under way end, then closes the connections. */
  close(): Promise<void>;
  /** Ends the requests under way. */
  destroy(): Promise<void>;
}

/** One connection, with one request at a time. It knows its places in the lists, so that leaving them takes no search. */
class Connection extends Client {
  connected = false;
  readonly places = { all: -1, free: -1 };
}

type List = "all" | "free";

/**
 * The connections of thousands of streams to one origin. Undici's pool asks all its clients in turn for a free one, twice for every
 * request, and keeps each for good; here a free one is at hand, and one that has lost its connection is given up.
 */
export class Connections implements LanePool {
  readonly #origin: URL;
  readonly #options: ClientOptions;
  readonly #lists: Record<List, Connection[]> = { all: [], free: [] };

  constructor(origin: string, options: ClientOptions) {
    this.#origin = new URL(origin);
    this.#options = options;
  }

  /** Connections in use or free. */
  get size(): number {
    return this.#lists.all.length;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    // The one used last: the others may grow old and go.
    const connection = this.#lists.free.at(-1) ?? this.#open();
    this.#remove(connection, "free");
    const goesOn = connection.dispatch(options, handler);
    // Undici has refused the request and told its handler: nothing will drain.
    if (connection.stats.size === 0) this.#release(connection);
    return goesOn;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lists.all.map((connection) => connection.close()));
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#lists.all.map((connection) => connection.destroy()));
  }

  #open(): Connection {
    const connection = new Connection(this.#origin, this.#options);
    connection.on("connect", onConnect);
    connection.on("disconnect", this.#onDisconnect);
    connection.on("drain", this.#onDrain);
    this.#add(connection, "all");
    return connection;
  }

  readonly #onDisconnect = (_origin: URL, [dispatcher]: readonly Dispatcher[]) => {
    const connection = dispatcher as Connection;
    connection.connected = false;
    if (connection.places.free !== -1) this.#retire(connection);
  };

  /** It is done with its request, or has failed to connect for it. */
  readonly #onDrain = (_origin: URL, targets?: readonly Dispatcher[]) => {
    this.#release(targets![0] as Connection);
  };

  #release(connection: Connection): void {
    if (connection.closed || connection.destroyed) return;
    if (connection.connected) this.#add(connection, "free");
    else this.#retire(connection);
  }

  #retire(connection: Connection): void {
    this.#remove(connection, "free");
    this.#remove(connection, "all");
    connection.close(() => {});
  }

  #add(connection: Connection, list: List): void {
    if (connection.places[list] === -1) connection.places[list] = this.#lists[list].push(connection) - 1;
  }

  #remove(connection: Connection, list: List): void {
    const place = connection.places[list];
    if (place === -1) return;
    const last = this.#lists[list].pop()!;
    if (last !== connection) {
      this.#lists[list][place] = last;
      last.places[list] = place;
    }
    connection.places[list] = -1;
  }
}

function onConnect(_origin: URL, [dispatcher]: readonly Dispatcher[]): void {
  (dispatcher as Connection).connected = true;
}
