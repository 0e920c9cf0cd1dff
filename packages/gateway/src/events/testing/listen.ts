import type { TestGateway } from "../../testing/index.ts";

export interface Heard {
  id: string | undefined;
  type: string;
  data: any;
  /** When it was read, by `performance.now()`. */
  at: number;
}

/** Reads the events of a node. */
export class Listening {
  readonly events: Heard[] = [];
  /** As a browser would send it after a break. */
  lastId: string | undefined;
  isOver = false;
  status = 0;
  body = "";
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  constructor(
    node: Pick<TestGateway, "url">,
    key: string | undefined,
    { query = "", lastId, headers = {} }: { query?: string; lastId?: string | undefined; headers?: object } = {},
  ) {
    this.lastId = lastId;
    this.#done = this.#read(`${node.url}/events?${query}`, {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(lastId !== undefined && { "last-event-id": lastId }),
      ...headers,
    }).catch(() => {
      this.isOver = true;
    });
  }

  static async begin(...given: ConstructorParameters<typeof Listening>): Promise<Listening> {
    const listening = new Listening(...given);
    await listening.until(() => listening.isOver || listening.of("ready").length > 0);
    return listening;
  }

  of(type: string): any[] {
    return this.events.filter((event) => event.type === type).map(({ data }) => data);
  }

  /** Ids of the calls that were told. */
  get calls(): string[] {
    return this.of("log").map(({ id }) => id);
  }

  async until(isSo: () => boolean, ms = 20_000): Promise<void> {
    const from = performance.now();
    while (!isSo()) {
      if (performance.now() - from > ms)
        throw new Error(`not so after ${ms} ms: ${JSON.stringify(this.events).slice(0, 2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Breaks the connection off. */
  async cut(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    const response = await fetch(url, { headers, signal: this.#abort.signal });
    this.status = response.status;
    if (response.status !== 200) {
      this.body = await response.text();
      this.isOver = true;
      return;
    }
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body!) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) this.#take(block);
    }
    this.isOver = true;
  }

  #take(block: string): void {
    const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
    const id = fields.get("id");
    if (id !== undefined) this.lastId = id;
    const data = fields.get("data");
    if (data !== undefined)
      this.events.push({ id, type: fields.get("event") ?? "message", data: JSON.parse(data), at: performance.now() });
  }
}
