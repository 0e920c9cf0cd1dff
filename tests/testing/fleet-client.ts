import { setTimeout as sleep } from "node:timers/promises";

interface Node {
  url: string;
  ready: boolean;
}

export interface LoadResult {
  /** Ids of the tasks answered with 200. */
  answered: string[];
  /** What went wrong with the others. */
  failed: string[];
}

const PROBE_INTERVAL_MS = 50;
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
    this.#nodes.push({ url, ready: true });
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
  ): { stop(): Promise<LoadResult> } {
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
      async stop() {
        clearInterval(timer);
        await Promise.all(underWay);
        return result;
      },
    };
  }

  async #send({ path, body }: { path: string; body: unknown }): Promise<void> {
    const ready = this.#nodes.filter((node) => node.ready);
    const node = ready[this.#next++ % ready.length];
    if (!node) throw new Error("no node is ready");
    const response = await fetch(node.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.headers.get("connection") === "close") node.ready = false;
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  }

  async #probe(): Promise<void> {
    while (!this.#stopped) {
      await Promise.all(
        this.#nodes.map(async (node) => {
          const status = await fetch(`${node.url}/health/ready`).then(
            (response) => response.text().then(() => response.status),
            () => 0,
          );
          node.ready &&= status === 200;
        }),
      );
      await sleep(PROBE_INTERVAL_MS);
    }
  }
}
