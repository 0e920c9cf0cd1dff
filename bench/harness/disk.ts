import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** How often a second this disk makes 4 KiB durable, one after the other: the bound of every commit that waits alone. */
export function syncsPerSecond(directory: string, measuredMs: number): number {
  const file = openSync(join(directory, "sync-probe"), "w");
  const page = Buffer.alloc(4096, 1);
  const startedAt = performance.now();
  let syncs = 0;
  while (performance.now() - startedAt < measuredMs) {
    writeSync(file, page, 0, page.length, (syncs % 1024) * page.length);
    fdatasyncSync(file);
    syncs++;
  }
  closeSync(file);
  return (syncs / (performance.now() - startedAt)) * 1000;
}
