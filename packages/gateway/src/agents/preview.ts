import { CardError, type NormalizedCard } from "@agentgate/protocol/a2a";
import { manifestPath } from "@agentgate/protocol/site";
import { Problem } from "../http/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import { type McpServers, ProbeError, type ServerVerdict, type ToolList } from "../mcp-servers/index.ts";
import { type Dialer, OutboundError } from "../outbound/index.ts";
import { type Clock, Shares } from "../runtime/index.ts";
import type { AgentProtocolName } from "./agent.ts";
import type { CardFinder, FoundCard } from "./card-finder.ts";
import { leadsTo } from "./card-finder.ts";
import { cardFields } from "./cards.ts";
import { type CheckUrl, demandSafeUrls, hasPath } from "./check-urls.ts";
import type { FoundManifest } from "./manifests/found-manifest.ts";
import type { SiteIntake } from "./manifests/site-intake.ts";
import { guessServer, toolsOf } from "./mcp/mcp-intake.ts";

/** What is worth knowing before an agent is registered. An error keeps it from being registered, or from being called. */
export interface PreviewFinding {
  code: string;
  severity: "info" | "warning" | "error";
  message: string;
}

/** What lives at an address, as a registration would find it. */
export interface AgentPreview {
  /** What it speaks; undefined where nobody answers. */
  protocol: AgentProtocolName | undefined;
  /** Its card, with what a registration by it would say. */
  found: FoundCard | undefined;
  /** Its manifest, of a site. */
  site?: FoundManifest | undefined;
  /** Of an MCP server, with its tools where it shows them. */
  server?: { verdict: ServerVerdict; list: ToolList | undefined } | undefined;
  findings: PreviewFinding[];
}

export interface AgentPreviewsOptions {
  finder: CardFinder;
  sites: SiteIntake;
  servers: Pick<McpServers, "probe" | "tools">;
  dialer: Dialer;
  checkUrl: CheckUrl;
  limiter: Pick<RateLimiter, "take">;
  clock: Clock;
}

/** Looks of one caller, and of all; and how many are under way at once. */
const LIMITS = { each: { rate: 0.5, burst: 20 }, all: { rate: 20, burst: 100 } };
const AT_ONCE = { total: 32, perOwner: 4 };
/** For a card, and for the answer of an agent that has none. */
const CARD_MS = 6_000;
const MANIFEST_MS = 4_000;
const HEALTH_MS = 4_000;
const HEALTH_BYTES_MAX = 65_536;
/** A card that says less than this of an agent is no help to whoever looks for one. */
const DESCRIPTION_MIN = 20;

/** Looks at what lives at an address before anything of it is kept: the same way, under the same rules, as a registration does. */
export class AgentPreviews {
  readonly #options: AgentPreviewsOptions;
  readonly #places = new Shares(AT_ONCE);

  constructor(options: AgentPreviewsOptions) {
    this.#options = options;
  }

  /**
   * @param url of an agent, or of an agent card
   * @param owner who asks
   * @throws Problem 400 for a URL that is malformed or leads to a refused address, 429 for too many looks
   */
  async look(url: string, owner: string): Promise<AgentPreview> {
    await this.#demandPace(owner);
    if (!this.#places.take(owner)) throw tooMany(1);
    try {
      await demandSafeUrls(this.#options.checkUrl, [url]);
      return await this.#look(url, owner);
    } finally {
      this.#places.give(owner);
    }
  }

  async #look(url: string, owner: string): Promise<AgentPreview> {
    const findings: PreviewFinding[] = [];
    const say = (severity: PreviewFinding["severity"], code: string, message: string) =>
      void findings.push({ code, severity, message });
    const found = await this.#card(url, say);
    if (found) {
      await this.#judge(found, say);
      return { protocol: "a2a", found, findings };
    }
    const nothing = { protocol: undefined, found: undefined, findings };
    if (isCardAddress(url) && !isManifestAddress(url)) return nothing;
    // What is well by the plain contract is not posted to: it might take that for a task.
    const plain: PreviewFinding[] = [];
    const asPlain = (): Promise<PlainVerdict> =>
      this.#asPlain(url, (severity, code, message) => void plain.push({ code, severity, message }));
    const isManifest = isManifestAddress(url);
    const health = isManifest ? undefined : await asPlain();
    const isServer = async () => health === "answers" && (await this.#server(url, owner, say));
    const early = hasPath(url) && (await isServer());
    if (early) return { ...nothing, protocol: "mcp", server: early };
    const site = await this.#options.sites.find(url, MANIFEST_MS);
    if (site) {
      judgeSite(site, say);
      return { ...nothing, protocol: "site", site };
    }
    const late = !hasPath(url) && (await isServer());
    if (late) return { ...nothing, protocol: "mcp", server: late };
    findings.push(...plain);
    return health === undefined || health === "silent" ? nothing : { ...nothing, protocol: "plain" };
  }

  /** The MCP server at this address, and what it says of itself. */
  async #server(url: string, owner: string, say: Say): Promise<AgentPreview["server"]> {
    const { servers } = this.#options;
    const place = { url, owner, credentials: {} };
    const verdict = await guessServer(servers, place);
    if (!verdict) return undefined;
    say(
      "info",
      "mcp",
      `It is an MCP server, which speaks revision ${verdict.speech.version}; its tools become skills.`,
    );
    try {
      const list = await toolsOf(servers, place, verdict.speech, undefined);
      for (const { name, reason } of list.skipped)
        say("warning", "tool_skipped", `Its tool ${name} would not be offered: ${sentence(reason)}`);
      if (list.tools.length === 0) say("warning", "no_skills", "It offers no tool: there is nothing to call.");
      return { verdict, list };
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
      say("warning", "asks_for_credentials", `The MCP server ${sentence(error.message)}`);
      return { verdict, list: undefined };
    } finally {
      if (isUnencrypted({ url })) say("warning", "unencrypted", "Calls would go there without encryption: over http.");
    }
  }

  async #card(url: string, say: Say): Promise<FoundCard | undefined> {
    const { finder } = this.#options;
    if (!isCardAddress(url)) {
      const near = await finder.find(url, CARD_MS);
      if (near) return near;
    }
    if (!mayBeCardAddress(url)) return undefined;
    try {
      return await finder.fetch(url, HEALTH_MS);
    } catch (error) {
      if (!(error instanceof CardError) && !OutboundError.isInstance(error)) throw error;
      if (isCardAddress(url)) {
        const code = error instanceof CardError ? "card_unusable" : "unreachable";
        say("error", code, `No agent card can be had there: ${sentence(error.message)}`);
      }
      return undefined;
    }
  }

  /** What of the card would be refused, and what callers would miss. */
  async #judge({ card, addresses, url }: FoundCard, say: Say): Promise<void> {
    const { checkUrl } = this.#options;
    const verdicts = await Promise.all(
      addresses.map(async (address) => ({ address, verdict: await checkUrl(address) })),
    );
    for (const { address, verdict } of verdicts) {
      if (!verdict.ok)
        say("error", "refused_address", `Its card leads to ${address}, which is refused: ${sentence(verdict.reason)}`);
    }
    const [first] = card.interfaces;
    say("info", "a2a", `It speaks A2A ${first!.version} over ${first!.binding}; tasks go to ${first!.url}`);
    if (url !== undefined && !leadsTo(card, new URL("/", url).href)) {
      say("warning", "elsewhere", "Its card leads to another host than the one that it was found at.");
    }
    this.#judgeWords(card, say);
    if (!card.capabilities.streaming)
      say("info", "no_streaming", "It does not stream: callers get each answer as a whole.");
    if (asksForCredentials(card)) {
      say(
        "warning",
        "asks_for_credentials",
        "Its card asks its callers for credentials. Give the gateway some after the registration, or tasks will be refused by the agent.",
      );
    }
    if (card.interfaces.some(isUnencrypted))
      say("warning", "unencrypted", "Tasks would go there without encryption: over http.");
  }

  #judgeWords(card: NormalizedCard, say: Say): void {
    const told = cardFields(card);
    if (told.name === "") say("warning", "no_name", "Its card tells no name: give it one.");
    if (card.skills.length === 0)
      say("warning", "no_skills", "Its card names no skill: whoever looks for one will not find it.");
    if (card.description.trim().length < DESCRIPTION_MIN) {
      say("warning", "no_description", "Its card hardly says what it does: a sentence or two help those who choose.");
    }
    for (const field of ["name", "description", "version"] as const) {
      if (told[field] !== card[field]) say("warning", "cut", `The ${field} in its card is too long and will be cut.`);
    }
    if (told.skills.length < card.skills.length)
      say("warning", "cut", `Of its ${card.skills.length} skills ${told.skills.length} have room.`);
  }

  /** Whether somebody answers at all; and whether the gateway's checks will find it well. */
  async #asPlain(agentUrl: string, say: Say): Promise<PlainVerdict> {
    const url = new URL(agentUrl);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/health`;
    try {
      const { status } = await this.#options.dialer.send({
        url: url.href,
        method: "GET",
        headers: {},
        timeoutMs: HEALTH_MS,
        maxResponseBytes: HEALTH_BYTES_MAX,
        bodyOptional: true,
      }).response;
      say(
        "info",
        "no_card",
        "No agent card is there: it would be called by the plain contract, with one POST for each task.",
      );
      if (status === 200)
        say("info", "healthy", `It answers GET ${url.pathname} with 200, as the gateway's checks ask it to.`);
      else if (status === 404)
        say(
          "warning",
          "no_health",
          `It answers GET ${url.pathname} with 404: the gateway's checks will call it unwell until it answers 200 there.`,
        );
      else
        say(
          "warning",
          "unwell",
          `It answers GET ${url.pathname} with ${status}: the gateway's checks will call it unwell.`,
        );
      if (isUnencrypted({ url: agentUrl }))
        say("warning", "unencrypted", "Tasks would go there without encryption: over http.");
      return status === 200 ? "well" : "answers";
    } catch (error) {
      if (!OutboundError.isInstance(error)) throw error;
      say(
        "error",
        "unreachable",
        `Nobody answers there: ${sentence(error.message)} It can be registered all the same, and called once it runs.`,
      );
      return "silent";
    }
  }

  async #demandPace(owner: string): Promise<void> {
    for (const [key, limit] of [
      [`agent-previews:${owner}`, LIMITS.each],
      ["agent-previews", LIMITS.all],
    ] as const) {
      const { allowed, retryAfterSeconds } = await this.#options.limiter.take(key, limit);
      if (!allowed) throw tooMany(retryAfterSeconds);
    }
  }
}

/** Whether somebody answers, and as the gateway's checks ask agents of the plain contract to. */
type PlainVerdict = "well" | "answers" | "silent";

type Say = (severity: PreviewFinding["severity"], code: string, message: string) => void;

/** What callers of the site would miss, and its owner has to do. */
function judgeSite({ manifest, tools, url }: FoundManifest, say: Say): void {
  const { intents, flows, auth } = manifest;
  say(
    "info",
    "site",
    `It is a website with an agent manifest: ${counted(intents.length, "intent")} and ${counted(flows.length, "flow")}, which become ${counted(tools.length, "skill")}.`,
  );
  if (auth.type !== "none") {
    const how = auth.type === "bearer" ? "a bearer token" : `an API key in ${auth.header ?? "X-API-Key"}`;
    say(
      "warning",
      "asks_for_credentials",
      `The site asks its callers for ${how}. Give the gateway one after the registration, or calls that need it will be refused by the site.`,
    );
  }
  if (tools.length === 0)
    say("warning", "no_skills", "Its manifest offers no intent and no flow: there is nothing to call.");
  if (manifest.description.trim().length < DESCRIPTION_MIN)
    say("warning", "no_description", "Its manifest hardly says what it does: a sentence or two help those who choose.");
  if (isUnencrypted({ url })) say("warning", "unencrypted", "Calls would go there without encryption: over http.");
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const isManifestAddress = (url: string): boolean => new URL(url).pathname.endsWith(manifestPath);

const isCardAddress = (url: string): boolean => new URL(url).pathname.endsWith(".json");

/** What else might serve one is not asked for it: a GET of an agent's own address may mean anything. */
const mayBeCardAddress = (url: string): boolean => isCardAddress(url) || /card[^/]*\/*$/i.test(new URL(url).pathname);

const isUnencrypted = ({ url }: { url: string }): boolean => new URL(url).protocol === "http:";

const sentence = (text: string): string => (text.endsWith(".") ? text : `${text}.`);

/** Of either version: `security` of 0.3, `securityRequirements` of 1.0. */
const asksForCredentials = ({ rest }: NormalizedCard): boolean =>
  [rest.security, rest.securityRequirements].some((asked) => Array.isArray(asked) && asked.length > 0);

const tooMany = (seconds: number) =>
  new Problem(429, `Too many agents looked at; try again in ${seconds} s`, {
    code: "rate_limited",
    headers: { "retry-after": `${seconds}` },
  });
