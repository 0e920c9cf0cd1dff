import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "../runtime.ts";
import { type ProcessEntry, processTable, readEntry, signalAll } from "./process-table.ts";

/** By what the processes of one started program are known. */
export interface Marks {
  /** The session that it began; `startTime` tells that this pid is still that process. */
  session: number;
  startTime: number;
  /** The agent's own user, where it has one. */
  uid: number | undefined;
  file: string;
}

const ROUNDS_MAX = 100;
const ROUND_MS = 20;

/** Notes on disk of what was started, so that another life of the gateway finds what this one left. */
export class ProcessMarks {
  readonly #directory: string;

  /** @param directory holds the directories of all agents */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async leave({ agentDirectory }: Release, pid: number, uid: number | undefined): Promise<Marks> {
    const startTime = (await readEntry(pid))?.startTime ?? 0;
    const file = join(agentDirectory, "run", `${pid}.json`);
    const marks = { session: pid, startTime, uid, file };
    await mkdir(join(agentDirectory, "run"), { recursive: true, mode: 0o700 });
    await writeFile(file, JSON.stringify({ session: pid, startTime }), { mode: 0o600 });
    return marks;
  }

  async remove({ file }: Marks): Promise<void> {
    await rm(file, { force: true });
  }

  /** Ends everything of agents' users, and every session that was noted. */
  async endLeftovers(users: readonly number[]): Promise<void> {
    for (const uid of users) await endAll({ uid });
    for (const agentId of await readdir(this.#directory).catch(() => [])) {
      const run = join(this.#directory, agentId, "run");
      for (const name of await readdir(run).catch(() => [])) {
        const file = join(run, name);
        try {
          await endAll({ ...JSON.parse(await readFile(file, "utf8")), uid: undefined, file });
        } catch {
          // Half written: what it would have named had not begun.
        }
        await rm(file, { force: true });
      }
    }
  }
}

/**
 * Ends all processes that these marks are of, and those that they start meanwhile. Of an agent with a user of its own, `session` left out
 * means all it has.
 */
export async function endAll(marks: Pick<Marks, "uid"> & Partial<Marks>): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = await membersOf(marks);
    if (found.length === 0) {
      // Elsewhere than on Linux, or when the table could not be read, the group is what is known.
      if (round === 0 && process.platform !== "linux" && marks.session !== undefined) killGroup(marks.session);
      return;
    }
    // Those that are seen first can start no more while the others are found.
    signalAll(found, "SIGSTOP");
    signalAll(found, "SIGKILL");
    await new Promise((settle) => setTimeout(settle, ROUND_MS));
  }
}

export async function membersOf({
  uid,
  session,
  startTime,
}: Pick<Marks, "uid"> & Partial<Marks>): Promise<ProcessEntry[]> {
  const table = await processTable();
  if (session === undefined) return uid === undefined ? [] : table.filter((entry) => entry.uid === uid);
  const leader = table.find(({ pid }) => pid === session);
  // The number of a session that is over may be another's by now.
  if (leader && leader.startTime !== startTime) return [];
  return table.filter(
    (entry) => entry.session === session && (uid === undefined || entry.uid === uid || entry.pid === session),
  );
}

function killGroup(session: number): void {
  try {
    process.kill(-session, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
