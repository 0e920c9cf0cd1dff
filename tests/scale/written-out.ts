import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { ADMIN_KEY, type ServedNode } from "../../packages/gateway/src/testing/index.ts";

/** What a gateway may take more, in bytes, however long the list is that it writes out. */
export const GROWTH_MAX = 30 * 2 ** 20;
/** What `agentgate serve` and `npm start` give Node.js. */
export const SERVING = ["--max-semi-space-size=8", "--v8-pool-size=1"];

export interface WrittenOut {
  /** Started for this, and asked for nothing before. */
  node: ServedNode;
  /** Lists that are asked for before anything is measured: what the first use of everything takes is not growth. */
  warmUp: readonly string[];
  path: string;
}

/**
 * Reads a list that is written out whole, as fast as it comes, in this process. Returns how many lines it has, and by how many bytes the
 * gateway's process was larger meanwhile, at most, than before; tells it as well.
 */
export async function writtenOut(what: string, { node: { url, child }, warmUp, path }: WrittenOut) {
  const linesOf = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    expect(response.status).toBe(200);
    let lines = 0;
    for await (const bytes of response.body!) for (const byte of bytes) if (byte === 10) lines++;
    return lines;
  };
  for (const part of warmUp) expect(await linesOf(part), part).toBeGreaterThan(1);
  const before = resident(child.pid!);
  let peak = before;
  const look = setInterval(() => {
    const now = resident(child.pid!);
    if (now.all > peak.all) peak = now;
  }, 20);
  const begun = performance.now();
  const lines = await linesOf(path);
  clearInterval(look);
  const [grown, ofFiles] = [peak.all - before.all, peak.ofFiles - before.ofFiles];
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${what}: ${lines} lines in ${seconds.toFixed(1)} s, grown by ${megabytes(grown)} MB from ${megabytes(before.all)}, of that pages of files ${megabytes(ofFiles)}`,
  );
  return { lines, grown };
}

/** Bytes of a process in memory, as Linux counts them. */
function resident(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)![1]) * 1024;
  return { all: bytesOf("VmRSS"), ofFiles: bytesOf("RssFile") };
}

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
