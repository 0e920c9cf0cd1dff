import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../../runtime/index.ts";
import { StartFailure } from "../runtime.ts";

/** How many user ids there are for agents. */
const USERS = 1_000;
const FILE = "user";

/** The user of each hosted agent: a number that nobody else on this machine has, kept in the agent's directory. */
export class AgentUsers {
  readonly #parent: string;
  readonly #first: number;
  readonly #random: Random;
  #taken: Promise<Map<string, number>> | undefined;

  /** @param parent holds the directories of all agents @param first the lowest user id */
  constructor(parent: string, first: number, random: Random) {
    this.#parent = parent;
    this.#first = first;
    this.#random = random;
  }

  /** All that were given out and not taken back, by agent. */
  taken(): Promise<Map<string, number>> {
    this.#taken ??= this.#read();
    return this.#taken;
  }

  /** The agent's user, given out at the first call. @throws StartFailure when there is none left */
  async of(agentId: string, agentDirectory: string): Promise<number> {
    const taken = await this.taken();
    const known = taken.get(agentId);
    if (known !== undefined) return known;
    const others = new Set(taken.values());
    if (others.size >= USERS) throw new StartFailure("this node of the gateway has no user left for another agent");
    // At random, so that what an earlier agent left in shared places is seldom its successor's.
    let uid: number;
    do uid = this.#first + Math.floor(this.#random.fraction() * USERS);
    while (others.has(uid));
    taken.set(agentId, uid);
    await writeFile(join(agentDirectory, FILE), `${uid}`, { mode: 0o600 });
    return uid;
  }

  async forget(agentId: string): Promise<void> {
    (await this.taken()).delete(agentId);
  }

  async #read(): Promise<Map<string, number>> {
    const taken = new Map<string, number>();
    for (const agentId of await readdir(this.#parent).catch(() => [])) {
      const text = await readFile(join(this.#parent, agentId, FILE), "utf8").catch(() => undefined);
      const uid = Number(text);
      if (text !== undefined && uid >= this.#first && uid < this.#first + USERS) taken.set(agentId, uid);
    }
    return taken;
  }
}
