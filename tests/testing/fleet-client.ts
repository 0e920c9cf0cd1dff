import { setTimeout as sleep } from "node:timers/promises";

interface Node {
  url: string;
  ready: boolean;
  /** When it was asked for what is known of it. */
  askedAt: number;
}

export interface LoadResult {
  /** Ids of the tasks answered with 200. */
  answered: string[];
  /** What went wrong with the others. */
  failed: string[];
}

const PROBE_INTERVAL_MS = 50;
/** A node that stops answers for half a second more. What is known of it for nearly as long, this process having stood still, is void. */
const KNOWN_MS = 400;
/** On a machine that cannot keep up, the load waits rather than piling up. */
const UNDER_WAY_MAX = 64;

/** What a balancer does: sends to the nodes that say they are ready, and to none that asks to reconnect elsewhere. */
export class FleetClient {
  readonly #nodes: Node[] = [];
  #next = 0;
  #stopped = false;

  constructor() {
    void this.#probe();
  }

  add(url: string): void {
    this.#nodes.push({ url, ready: true, askedAt: Number.NEGATIVE_INFINITY });
  }

  remove(url: string): void {
    this.#nodes.splice(
      this.#nodes.findIndex((node) => node.url === url),
      1,
    );
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Sends requests at this rate, as long as the earlier ones are answered. */
  load(
    perSecond: number,
    request: (taskId: string) => { path: string; body: unknown },
  ): { answered(): number; stop(): Promise<LoadResult> } {
    const result: LoadResult = { answered: [], failed: [] };
    const underWay = new Set<Promise<void>>();
    let lastAt = performance.now();
    let due = 0;
    let sent = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      due = Math.min(due + ((now - lastAt) * perSecond) / 1_000, UNDER_WAY_MAX - underWay.size);
      lastAt = now;
      for (; due >= 1; due--) {
        const taskId = `task-${sent++}`;
        const done = this.#send(request(taskId)).then(
          () => void result.answered.push(taskId),
          (error: Error) => void result.failed.push(`${taskId}: ${error.message} ${error.cause ?? ""}`),
        );
        underWay.add(done);
        void done.then(() => underWay.delete(done));
      }
    }, 5);
    return {
      answered: () => result.answered.length,
      async stop() {
        clearInterval(timer);
        await Promise.all(underWay);
        return result;
      },
    };
  }

  async #send({ path, body }: { path: string; body: unknown }): Promise<void> {
    const node = await this.#readyNode();
    const { askedAt } = node;
    const response = await fetch(node.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).catch((error: Error) => {
      // Nothing was sent, and what was known was void before: this process stood still between choosing and connecting.
      const isRefused = (error.cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";
      if (isRefused && performance.now() - askedAt >= KNOWN_MS) return undefined;
      throw error;
    });
    if (response === undefined) return this.#send({ path, body });
    if (response.headers.get("connection") === "close") node.ready = false;
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  }

  async #readyNode(): Promise<Node> {
    for (;;) {
      const ready = this.#nodes.filter((node) => node.ready);
      if (ready.length === 0) throw new Error("no node is ready");
      const known = ready.filter(({ askedAt }) => performance.now() - askedAt < KNOWN_MS);
      if (known.length > 0) return known[this.#next++ % known.length]!;
      await sleep(5);
    }
  }

  async #probe(): Promise<void> {
    while (!this.#stopped) {
      await Promise.all(
        this.#nodes.map(async (node) => {
          const askedAt = performance.now();
          const status = await fetch(`${node.url}/health/ready`).then(
            (response) => response.text().then(() => response.status),
            () => 0,
          );
          node.ready &&= status === 200;
          node.askedAt = askedAt;
        }),
      );
      await sleep(PROBE_INTERVAL_MS);
    }
  }
}
