import type { MicroDollars, SkillWords } from "@agentgate/protocol";
import type { Transaction } from "kysely";
import type { By } from "../../audit/index.ts";
import { Problem } from "../../http/index.ts";
import { type McpServers, TOOL_BOUNDS, type ToolList } from "../../mcp-servers/index.ts";
import type { Timestamps } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { type Agent, shareOwner } from "../agent.ts";
import { type CheckUrl, demandSafeUrls } from "../check-urls.ts";
import type { AgentCredential } from "../credential.ts";
import type { CredentialStore } from "../credentials.ts";
import { recordLimits } from "../fields.ts";
import { fitText } from "../fit.ts";
import { CredentialError, type StoredCredentials } from "../stored-credentials.ts";
import { demandHttp, guessServer, lookAtServer, skillOfTool } from "./mcp-intake.ts";
import { type GivenServer, listTtlMs, type McpServer } from "./mcp-server.ts";
import type { McpTools } from "./mcp-tools.ts";

/** A server that is to be an agent. */
export interface FoundAgent {
  url: string;
  /** In the server's own words. */
  name: string | undefined;
  version: string | undefined;
  words: SkillWords[];
  list: ToolList;
  prices: Readonly<Record<string, MicroDollars>>;
  server: McpServer;
  credential: AgentCredential | undefined;
}

export interface McpRegistrationOptions {
  servers: McpServers;
  tools: McpTools;
  credentials: StoredCredentials;
  credentialStore: CredentialStore;
  checkUrl: CheckUrl;
  timestamps: Timestamps;
}

/** Makes agents of MCP servers. */
export class McpRegistration {
  readonly #options: McpRegistrationOptions;

  constructor(options: McpRegistrationOptions) {
    this.#options = options;
  }

  /**
   * Looks at the server that a registration names.
   * @throws Problem 400 for an unsafe URL, 422 for a server that cannot be called so, 424 for one that cannot be reached
   */
  async look(given: GivenServer, agent: Pick<Agent, "id" | "orgId">): Promise<FoundAgent> {
    const { servers, checkUrl, timestamps } = this.#options;
    const { url } = given;
    if (!url) throw missingUrl();
    demandHttp(url);
    const credential = resourceOf(given.credential, url);
    await demandSafeUrls(checkUrl, [url, credential?.type === "oauth2" ? credential.token_url : undefined]);
    const include = given.tools?.include;
    const place = { url, owner: shareOwner(agent), credentials: await this.#shown(credential, shareOwner(agent)) };
    const { verdict, list } = await lookAtServer(servers, place, include);
    const words = list.tools.map(skillOfTool);
    const prices = { ...given.prices, ...given.tools?.prices };
    demandOffered(Object.keys(prices), words);
    const now = timestamps();
    const { name, title, version } = verdict.info;
    return {
      url,
      name: fitText(title ?? name, recordLimits.name) || undefined,
      version: fitText(version, recordLimits.version) || undefined,
      words,
      list,
      prices,
      credential,
      server: {
        agentId: agent.id,
        url,
        speech: verdict.speech,
        capabilities: verdict.capabilities,
        include,
        trust: given.trust ?? "pin",
        session: given.session ?? "caller",
        skipped: list.skipped,
        listTtlMs: listTtlMs(list.ttlMs),
        probedAt: now,
        listedAt: now,
      },
    };
  }

  /**
   * The MCP server at an address of which neither a name nor a language is said; undefined where there is none that shows its tools to
   * everybody.
   */
  async guessed(
    given: GivenServer & { name?: string | null | undefined; protocol?: string | null | undefined },
    agent: Pick<Agent, "id" | "orgId">,
  ): Promise<FoundAgent | undefined> {
    const { url, name, protocol } = given;
    const saysMore = given.skills != null || given.card != null || given.card_url != null;
    if (!url || name || saysMore || (protocol ?? "auto") !== "auto" || !/^https?:/i.test(url)) return undefined;
    const place = { url, owner: shareOwner(agent), credentials: {} };
    const isServer = await guessServer(this.#options.servers, place);
    return isServer ? this.look(given, agent) : undefined;
  }

  /** Writes it down, within the transaction that registers its agent. */
  async write(trx: Transaction<Database>, agent: Agent, found: FoundAgent, by: By): Promise<void> {
    await this.#options.tools.register(trx, agent, found, found.server);
    if (found.credential) await this.#options.credentialStore.putIn(trx, agent, found.credential, by);
  }

  async #shown(credential: AgentCredential | undefined, owner: string): Promise<Record<string, string>> {
    try {
      return await this.#options.credentials.headersOf(credential, owner);
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new Problem(422, error.message, { code: "credentials_required" });
    }
  }
}

/** A token for an MCP server says for which (RFC 8707). */
export const resourceOf = (credential: AgentCredential | null | undefined, url: string): AgentCredential | undefined =>
  credential?.type === "oauth2" && credential.resource === undefined
    ? { ...credential, resource: url }
    : (credential ?? undefined);

/** What unpriced tools cost where nothing is said of it: as much as the dearest, so that nothing is had for less than it was meant to cost. */
export const priceForAll = (given: MicroDollars, prices: Iterable<MicroDollars>): MicroDollars => {
  let price = given;
  if (given === 0n) for (const one of prices) if (one > price) price = one;
  return price;
};

const missingUrl = () =>
  new Problem(422, [{ type: "missing", loc: ["body", "url"], msg: "Field required: the address of the MCP server" }], {
    code: "validation_failed",
  });

/** @throws Problem 422 for what is said of an MCP server and is none, or of a card or skills of one */
export function demandServerFields(given: GivenServer, protocol: string | null | undefined): void {
  const isServer = protocol === "mcp";
  const wrong = (
    isServer ? (["card", "card_url", "skills"] as const) : (["tools", "trust", "session", "credential"] as const)
  ).find((field) => given[field] != null);
  if (wrong === undefined) return;
  const msg = isServer
    ? "An MCP server has no card, and its tools are its skills"
    : `This is said of MCP servers alone: say \`protocol\` mcp, or leave ${wrong} out`;
  throw new Problem(422, [{ type: "value_error", loc: ["body", wrong], msg }], { code: "validation_failed" });
}

/** Tools that are taken as they come are changes that nobody approves. */
export const trustNeedsApproval = () =>
  new Problem(
    403,
    "Here changes of agents need approval, and with trust `auto` a server's tools would change without: leave it at `pin`, or have the admin set it",
    { code: "needs_approval" },
  );

/** @throws Problem 422 for a price of a tool that the server does not offer */
export function demandOffered(prices: Iterable<string>, words: readonly SkillWords[]): void {
  const ids = new Set(words.map(({ id }) => id));
  for (const name of prices) {
    if (ids.has(name)) continue;
    const msg = `The server offers no tool ${name.slice(0, TOOL_BOUNDS.name)}, or it was skipped`;
    throw new Problem(422, [{ type: "value_error", loc: ["body", "tools", "prices", name], msg }], {
      code: "validation_failed",
    });
  }
}
