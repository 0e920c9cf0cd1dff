import { readdir, readFile, stat } from "node:fs/promises";

/** A process of this machine. */
export interface ProcessEntry {
  pid: number;
  /** The session it belongs to, named by the process that began it. */
  session: number;
  /** Since boot, in the kernel's ticks: with the pid, it names a process for ever. */
  startTime: number;
  uid: number;
  threads: number;
}

/** All processes, where the system tells (Linux); none elsewhere. Those that end meanwhile are left out. */
export async function processTable(): Promise<ProcessEntry[]> {
  const names = await readdir("/proc").catch(() => []);
  const entries: ProcessEntry[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const entry = await readEntry(Number(name));
    if (entry) entries.push(entry);
  }
  return entries;
}

export async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const [text, { uid }] = await Promise.all([readFile(`/proc/${pid}/stat`, "latin1"), stat(`/proc/${pid}`)]);
    // The second field is the program's name, in parentheses, and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, session: Number(fields[3]), startTime: Number(fields[19]), uid, threads: Number(fields[17]) };
  } catch {
    return undefined;
  }
}

/** Bytes of memory that a process alone accounts for: what it has written, and what it shares by tmpfs or shared maps. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
  const kilobytes = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map(([, digits]) => Number(digits));
  return 1_024 * kilobytes.reduce((sum, one) => sum + one, 0);
}

/** Signals those of the processes that are still there. */
export function signalAll(entries: readonly Pick<ProcessEntry, "pid">[], signal: NodeJS.Signals): void {
  for (const { pid } of entries) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
