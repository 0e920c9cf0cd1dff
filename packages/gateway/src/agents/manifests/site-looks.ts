import { OutboundError } from "../../outbound/index.ts";
import { type Clock, FairShares, type Log, type Timestamps } from "../../runtime/index.ts";
import { type Agent, shareOwner } from "../agent.ts";
import type { SkillRegistry } from "../skills/skill-registry.ts";
import type { AgentCredentials } from "../stored-credentials.ts";
import { ManifestError } from "./found-manifest.ts";
import { lookedAt } from "./look.ts";
import type { AgentManifests } from "./manifest-store.ts";
import type { SiteIntake } from "./site-intake.ts";
import { toSkills } from "./standing.ts";

export interface SiteLooksOptions {
  intake: SiteIntake;
  manifests: AgentManifests;
  skills: SkillRegistry;
  credentials: Pick<AgentCredentials, "headersFor">;
  find(agentId: string): Agent | undefined | Promise<Agent | undefined>;
  clock: Clock;
  timestamps: Timestamps;
  log: Log;
}

/** Looks at once, on this node; an owner has as many as it leaves for others. */
const LOOKS_MAX = 32;
/** A call that a site does not know any more has it looked at, but not at every call. */
const DOUBT_MS = 60_000;
const DOUBTED_MAX = 10_000;

/** Looks at sites again: what they add counts at once, what they change is not called until its owner has seen it. */
export class SiteLooks {
  readonly #options: SiteLooksOptions;
  readonly #places = new FairShares(LOOKS_MAX);
  readonly #running = new Map<string, Promise<void>>();
  /** When each was doubted last, by the monotonic clock; the oldest first. */
  readonly #doubted = new Map<string, number>();

  constructor(options: SiteLooksOptions) {
    this.#options = options;
  }

  /** A call was answered as if there were no such thing any more: the site may tell otherwise by now. */
  doubt(agent: Agent): void {
    const now = this.#options.clock.monotonic();
    const last = this.#doubted.get(agent.id);
    if (last !== undefined && now - last < DOUBT_MS) return;
    this.#doubted.delete(agent.id);
    this.#doubted.set(agent.id, now);
    if (this.#doubted.size > DOUBTED_MAX) this.#doubted.delete(this.#doubted.keys().next().value!);
    void this.look(agent.id);
  }

  /** Looks at one site now. Never rejects. Answers whether there was a place for it. */
  async look(agentId: string): Promise<boolean> {
    const running = this.#running.get(agentId);
    if (running) return running.then(() => true);
    const agent = await this.#options.find(agentId);
    if (agent?.protocol !== "site") return true;
    const owner = shareOwner(agent);
    if (!this.#places.has(owner)) return false;
    this.#places.take(owner);
    const looking = this.#look(agent)
      .catch((error) => this.#options.log.warn({ err: error, agentId }, "a site could not be looked at"))
      .finally(() => {
        this.#places.give(owner);
        this.#running.delete(agentId);
      });
    this.#running.set(agentId, looking);
    await looking;
    return true;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #look(agent: Agent): Promise<void> {
    const { intake, manifests, skills, credentials, timestamps, log } = this.#options;
    const { id: agentId } = agent;
    const owner = shareOwner(agent);
    const stored = await manifests.find(agentId);
    if (!stored) return;
    try {
      const shown = await credentials.headersFor(agentId, owner);
      const found = await intake.again(agent.url, { etag: stored.etag, credentials: shown, agentId, owner });
      if (!found || found.digest === stored.digest) {
        await manifests.touch(agentId, timestamps(), null);
        return;
      }
      const waiting = await skills.change(agentId, async (trx, known) => {
        const before = await manifests.read(trx, agentId);
        if (!before) return 0;
        await manifests.put(trx, agentId, lookedAt(before, found, timestamps()));
        const standing = [...(await manifests.read(trx, agentId))!.tools.values()];
        const prices = await manifests.reprice(trx, agent, before, standing);
        await skills.replaceIn(trx, { ...known, prices }, toSkills(standing));
        return standing.filter(({ state }) => state !== "live").length;
      });
      if (waiting)
        log.info({ agentId, waiting }, "a site has changed what was approved of it; that waits for its owner");
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      await manifests.touch(agentId, timestamps(), reason);
    }
  }
}

const REASON_LENGTH_MAX = 500;

function reasonOf(error: unknown): string | undefined {
  const isTold =
    error instanceof ManifestError || OutboundError.isInstance(error) || (error as Error)?.name === "CredentialError";
  return isTold ? (error as Error).message.slice(0, REASON_LENGTH_MAX) : undefined;
}
