import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/**
 * How long one call took at the server that is watched and at the one that nobody else talks to, both asked at once; in milliseconds. What
 * their threads waited for a processor meanwhile is others' doing, and does not count.
 */
export interface Pair {
  watched: number;
  idle: number;
}

/** A server that is a process of its own. */
export interface Asked {
  url: string;
  pid: number;
}

export interface Watched {
  /** `GET` is asked of it, from an address of its own. */
  watched: Asked;
  /** The like of it on the same machine, with nothing to do: what the machine itself holds up, it holds up there too. */
  idle: Asked;
  /** At least so long, in milliseconds, and until there are so many pairs. */
  ms: number;
  pairs: number;
}

/** Asks from a thread of its own: what the test's own thread is busy with is nobody's delay. */
export async function standBy(asked: Watched): Promise<Pair[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: asked });
  try {
    return await new Promise<Pair[]>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

/** How long a process's main thread was ready to run and did not, since its start (proc_pid_schedstat(5)). */
const waitedMs = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;

async function watch({ watched, idle, ms, pairs }: Watched): Promise<Pair[]> {
  const agents = [watched, idle].map(() => new Agent({ keepAlive: true, localAddress: "127.0.0.77" } as object));
  const time = ({ url, pid }: Asked, agent: Agent) => {
    const waited = waitedMs(pid);
    const begin = performance.now();
    return new Promise<number>((resolve, reject) => {
      get(url, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
        response.resume().on("end", () => resolve(performance.now() - begin - (waitedMs(pid) - waited)));
      }).on("error", reject);
    });
  };
  const took: Pair[] = [];
  for (const end = performance.now() + ms; performance.now() < end || took.length < pairs; await sleep(10)) {
    const both = await Promise.all([time(watched, agents[0]!), time(idle, agents[1]!)]);
    took.push({ watched: both[0]!, idle: both[1]! });
  }
  for (const agent of agents) agent.destroy();
  return took;
}

if (!isMainThread && workerData?.watched) parentPort!.postMessage(await watch(workerData as Watched));
