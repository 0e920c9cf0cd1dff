import { pinnedWords, type SkillWords } from "@agentgate/protocol";
import { type Difference, diffDocuments } from "@agentgate/protocol/a2a";
import type { Transaction } from "kysely";
import { type AuditLog, type By, byGateway } from "../../audit/index.ts";
import { Problem } from "../../http/index.ts";
import {
  type McpServers,
  ProbeError,
  type ServerPlace,
  type ServerVerdict,
  type ToolList,
} from "../../mcp-servers/index.ts";
import { type Clock, createLruCache, hashKey, type Log, type Timestamps } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { type Agent, shareOwner } from "../agent.ts";
import { fitSkills } from "../fit.ts";
import type { FoundChanges, Trust } from "../skills/found-skills.ts";
import { type AgentSkill, digestOf } from "../skills/skill.ts";
import type { SkillRegistry } from "../skills/skill-registry.ts";
import type { AgentStore } from "../store.ts";
import { CredentialError, type StoredCredentials } from "../stored-credentials.ts";
import { lookAtServer, problemOf, skillOfTool, toolsOf } from "./mcp-intake.ts";
import { type GivenServer, listTtlMs, type McpServer } from "./mcp-server.ts";
import type { McpServerStore } from "./server-store.ts";

export interface McpToolsOptions {
  servers: McpServers;
  serverStore: McpServerStore;
  store: AgentStore;
  skills: SkillRegistry;
  credentials: StoredCredentials;
  auditLog: AuditLog;
  clock: Clock;
  timestamps: Timestamps;
  log: Log;
}

/** What a look has found, before it counts. */
export interface ToolsFound {
  verdict: ServerVerdict;
  list: ToolList;
  words: SkillWords[];
  /** Of all that was found: an approval names what was looked at. */
  digest: string;
  /** What is otherwise than it is approved. */
  differences: Difference[];
}

interface Looked {
  url: string;
  /** By the monotonic clock, in milliseconds: when the next look is due. */
  until: number;
  /** When the server told its tools last. */
  toldAt: number;
  /** Why the last look failed. */
  failure: Problem | undefined;
}

const AGENTS_MAX = 10_000;
const DAY_MICROS = 86_400_000_000n;
/** After a look that failed. */
const AGAIN_MS = 15_000;
/** Of a server that does not tell its tools any more, nothing is called after that. */
const TRUSTED_MS = 3_600_000;

/**
 * Keeps what is known of the tools of MCP servers in step with what their servers say. Nothing is called that reads otherwise than it was
 * approved: before a call the list is read anew where it is older than its server lets it be.
 */
export class McpTools {
  readonly #options: McpToolsOptions;
  readonly #looked = createLruCache<string, Looked>(AGENTS_MAX);
  readonly #looking = new Map<string, Promise<void>>();

  constructor(options: McpToolsOptions) {
    this.#options = options;
  }

  /** How an agent is spoken to that is an MCP server. */
  serverOf(agentId: string): McpServer | undefined | Promise<McpServer | undefined> {
    return this.#options.serverStore.find(agentId);
  }

  /** The next call of one of its tools reads the list first. */
  outdated(agentId: string): void {
    const looked = this.#looked.get(agentId);
    if (looked) this.#looked.set(agentId, { ...looked, until: 0 });
  }

  /**
   * Reads the list where that is due; undefined where it is not.
   * @throws Problem 503 for a server that has not told its tools for an hour
   */
  fresh(agent: Agent): Promise<void> | undefined {
    const { clock } = this.#options;
    const looked = this.#looked.get(agent.id);
    if (looked?.url === agent.url && clock.monotonic() < looked.until) {
      return looked.failure ? Promise.reject(looked.failure) : undefined;
    }
    let looking = this.#looking.get(agent.id);
    if (!looking) {
      looking = this.#look(agent).finally(() => this.#looking.delete(agent.id));
      this.#looking.set(agent.id, looking);
    }
    return looking;
  }

  /**
   * Reads the list now: its server has said that it is another.
   * @throws Problem like {@link fresh}
   */
  async reread(agent: Agent): Promise<void> {
    // One that is being read may be older than what was said.
    await this.#looking.get(agent.id)?.catch(() => {});
    this.outdated(agent.id);
    await this.fresh(agent);
  }

  async #look(agent: Agent): Promise<void> {
    const { clock, servers, timestamps, log } = this.#options;
    const before = this.#looked.get(agent.id);
    const server = await this.serverOf(agent.id);
    if (!server) throw lostServer(agent);
    try {
      const place = await this.placeOf(agent);
      const hasMoved = server.url !== agent.url;
      const isOld = hasMoved || timestamps() - server.probedAt > DAY_MICROS || before?.failure !== undefined;
      const verdict = isOld ? await servers.probe(place) : undefined;
      const list = await toolsOf(servers, place, verdict?.speech ?? server.speech, server.include);
      await this.#taken(agent, server, verdict, list);
      this.told(agent, list);
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      log.info({ agentId: agent.id, failure: error.failure }, "an MCP server's tools could not be listed");
      const now = clock.monotonic();
      const toldAt = before?.url === agent.url ? before.toldAt : Number.NEGATIVE_INFINITY;
      const failure = now - toldAt < TRUSTED_MS ? undefined : untold(agent, error);
      this.#looked.set(agent.id, { url: agent.url, until: now + AGAIN_MS, toldAt, failure });
      if (failure) throw failure;
    }
  }

  /** The list was read at this moment. */
  told({ id, url }: Pick<Agent, "id" | "url">, { ttlMs }: ToolList): void {
    const now = this.#options.clock.monotonic();
    this.#looked.set(id, { url, until: now + listTtlMs(ttlMs), toldAt: now, failure: undefined });
  }

  /** Writes down what was found, where it is otherwise than what is known. */
  async #taken(agent: Agent, server: McpServer, verdict: ServerVerdict | undefined, list: ToolList): Promise<void> {
    const { skills } = this.#options;
    const words = list.tools.map(skillOfTool);
    const isSame =
      isKnown(await skills.of(agent.id), words) && JSON.stringify(list.skipped) === JSON.stringify(server.skipped);
    if (isSame && !verdict) return;
    await this.#write(agent, byGateway, { server, verdict, list, words, trust: server.trust });
  }

  async #write(
    { id: agentId, url }: Agent,
    by: By,
    {
      server,
      verdict,
      list,
      words,
      trust,
    }: { server: McpServer; verdict: ServerVerdict | undefined; list: ToolList; words: SkillWords[]; trust: Trust },
  ): Promise<Agent | undefined> {
    const { store, skills, serverStore, auditLog, timestamps } = this.#options;
    let changes: FoundChanges | undefined;
    return store.update(
      agentId,
      async (current, trx) => {
        changes = await skills.applyFound(trx, current, words, { trust });
        const told = recordedTools(await skills.read(trx, agentId));
        return JSON.stringify(told) === JSON.stringify(current.skills)
          ? current
          : { ...current, skills: told, updatedAt: timestamps() };
      },
      async (trx, _, { after }) => {
        const now = timestamps();
        await serverStore.put(trx, {
          ...server,
          url,
          ...(verdict && { speech: verdict.speech, capabilities: verdict.capabilities, probedAt: now }),
          skipped: list.skipped,
          listTtlMs: listTtlMs(list.ttlMs),
          listedAt: now,
        });
        const { added, changed, gone } = changes!;
        if (added.length + changed.length + gone.length === 0) return;
        await auditLog.rowIn(trx, by, {
          action: "agent.changed",
          orgId: after.orgId,
          target: { kind: "agent", id: after.id, name: after.name },
          changes: [
            {
              field: "tools",
              before: null,
              after: { trust, added: some(added), changed: some(changed), gone: some(gone) },
            },
          ],
        });
      },
    );
  }

  /**
   * What is wrong with a server at this moment; undefined when nothing is. Its tools are read with it where that is due, so that what is offered
   * is what it has, whether anybody calls it or not.
   */
  async check(agent: Agent, timeoutMs: number): Promise<string | undefined> {
    try {
      await this.#options.servers.probe(await this.placeOf(agent), timeoutMs);
      await this.fresh(agent);
      return undefined;
    } catch (error) {
      if (error instanceof ProbeError || error instanceof CredentialError) return error.message;
      if (error instanceof Problem) return error.message;
      throw error;
    }
  }

  /** Looks at the server, and tells what is otherwise than it is approved. @throws Problem 422, 424 */
  async find(agent: Agent): Promise<ToolsFound> {
    const { servers, skills } = this.#options;
    const server = await this.serverOf(agent.id);
    if (!server) throw lostServer(agent);
    const { verdict, list } = await lookAtServer(servers, await this.placeOf(agent), server.include);
    const words = list.tools.map(skillOfTool);
    const approved = (await skills.of(agent.id)).filter(({ state }) => state === "live" || state === "changed");
    const differences = diffDocuments(documentOf(approved), documentOf(words));
    return { verdict, list, words, digest: hashKey(JSON.stringify(words.map(digestOf).sort())), differences };
  }

  /**
   * Lets what was found count: as its owner has approved it, or as what waits for somebody who may.
   * @throws Problem 404 for an agent that is gone
   */
  async take(
    agent: Agent,
    { verdict, list, words }: ToolsFound,
    by: By,
    { isApproved }: { isApproved: boolean },
  ): Promise<Agent | undefined> {
    const server = await this.serverOf(agent.id);
    if (!server) throw lostServer(agent);
    const trust = isApproved ? "auto" : server.trust;
    const changed = await this.#write(agent, by, { server, verdict, list, words, trust });
    this.told(agent, list);
    return changed;
  }

  /** Changes what its owner says of the server. */
  async set(agent: Agent, given: Pick<GivenServer, "tools" | "trust" | "session">, by: By): Promise<void> {
    const { store, serverStore, auditLog } = this.#options;
    const server = await this.serverOf(agent.id);
    if (!server) throw lostServer(agent);
    const next: McpServer = {
      ...server,
      include: given.tools?.include ?? server.include,
      trust: given.trust ?? server.trust,
      session: given.session ?? server.session,
    };
    const told = ({ include, trust, session }: McpServer) => ({ include: include ?? null, trust, session });
    const [before, after] = [told(server), told(next)];
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    await store.update(
      agent.id,
      (current) => current,
      async (trx) => {
        await serverStore.put(trx, next);
        await auditLog.rowIn(trx, by, {
          action: "agent.changed",
          orgId: agent.orgId,
          target: { kind: "agent", id: agent.id, name: agent.name },
          changes: [{ field: "server", before, after }],
        });
      },
    );
    this.outdated(agent.id);
  }

  /** Writes what a registration has found, within its transaction. Whoever registers a server has approved what it offers. */
  async register(
    trx: Transaction<Database>,
    agent: Agent,
    found: Pick<ToolsFound, "words">,
    server: McpServer,
  ): Promise<void> {
    await this.#options.skills.replaceIn(trx, agent, found.words);
    await this.#options.serverStore.put(trx, server);
  }

  /** Where its server is, with what it is shown. */
  async placeOf(agent: Agent): Promise<ServerPlace> {
    const owner = shareOwner(agent);
    return {
      url: agent.url,
      agentId: agent.id,
      owner,
      credentials: await this.#options.credentials.headersFor(agent.id, owner),
    };
  }
}

/** Whether everything that was found is as it was found before. */
function isKnown(known: readonly AgentSkill[], words: readonly SkillWords[]): boolean {
  const before = new Map(known.map((skill) => [skill.id, skill]));
  const ids = new Set(words.map(({ id }) => id));
  if (known.some(({ id, state }) => !ids.has(id) && state !== "gone")) return false;
  return words.every((found) => {
    const skill = before.get(found.id);
    if (!skill || skill.state === "gone") return false;
    return digestOf(found) === (skill.found ? digestOf(skill.found) : skill.digest);
  });
}

/** By their names, which is how they are told apart. */
const documentOf = (words: readonly SkillWords[]) => ({
  tools: Object.fromEntries(words.map((one) => [one.id, JSON.parse(JSON.stringify(pinnedWords(one)))])),
});

const DESCRIPTION_MAX = 500;

/** What lists and cards tell of the tools that are offered, as far as there is room. */
export const recordedTools = (skills: readonly (SkillWords & { state?: string })[]): Agent["skills"] =>
  fitSkills(
    skills
      .filter(({ state }) => state === undefined || state === "live")
      .map(({ id, title, description }) => ({
        id,
        name: title ?? id,
        description: description.slice(0, DESCRIPTION_MAX).toWellFormed(),
      })),
  );

const NAMED_MAX = 50;
const some = (ids: readonly string[]): string[] => ids.slice(0, NAMED_MAX);

const lostServer = ({ name }: Agent) =>
  new Problem(503, `What is known of the MCP server of agent ${name} is gone; register it again`);

const untold = (agent: Agent, error: ProbeError) =>
  new Problem(
    503,
    `${problemOf(agent.url, error).message}, and has not told its tools for an hour: none is called. Nothing was charged`,
    {
      code: "tools_unknown",
      headers: { "retry-after": "15" },
    },
  );
