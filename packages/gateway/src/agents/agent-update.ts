import type { z } from "zod";
import { actions, may } from "../access/index.ts";
import type { By } from "../audit/index.ts";
import { notFound, Problem } from "../http/index.ts";
import { hashKey } from "../runtime/index.ts";
import type { Agent } from "./agent.ts";
import type { AgentChanges } from "./agent-changes.ts";
import type { CardGains } from "./card-gains.ts";
import { type CardIntake, saidAddress } from "./card-intake.ts";
import { type CheckUrl, demandSafeUrls } from "./check-urls.ts";
import type { agentUpdate } from "./fields.ts";
import type { ChangedAgent, KnownAgents } from "./known-agents.ts";
import type { RegisteredSites } from "./manifests/registered-sites.ts";
import { demandServerFields, trustNeedsApproval } from "./mcp/mcp-registration.ts";
import type { McpTools } from "./mcp/mcp-tools.ts";
import { isSamePrices, saidPrices, withoutPrices } from "./skills/prices.ts";

export interface AgentUpdateOptions {
  checkUrl: CheckUrl;
  intake: CardIntake;
  gains: CardGains;
  changes: AgentChanges;
  known: KnownAgents;
  /** Of agents that are websites. */
  sites: RegisteredSites;
  /** Of agents that are MCP servers. */
  tools: McpTools;
}

/** Changes agents as their owners ask. */
export class AgentUpdate {
  readonly #options: AgentUpdateOptions;

  constructor(options: AgentUpdateOptions) {
    this.#options = options;
  }

  /**
   * @throws Problem 400 for an unsafe URL or a card that cannot be used, 403 for somebody else's agent, 404 for none, 422 for prices of
   *   skills that do not fit
   */
  async update(id: string, given: z.output<typeof agentUpdate>, by: By): Promise<ChangedAgent> {
    const { caller } = by;
    const { checkUrl, intake, gains, sites, tools, changes, known } = this.#options;
    const seen = await known.see(id, caller);
    const before = seen && (await changes.toChange(seen, caller));
    const isHosted = before?.agent.deployed === true;
    await demandSafeUrls(checkUrl, [isHosted ? undefined : given.url, given.card_url, given.webhook_url]);
    await known.managed(id, caller, actions.writeAgents);
    const { agent, stored } = before!;
    if (isHosted) demandNoMove(agent, given);
    const isSite = agent.protocol === "site";
    if (isSite) await sites.demandSame(agent, given, saidPrices(given));
    else if (given.protocol === "site") throw becomesNoSite();
    demandSameLanguage(agent, given);
    demandServerFields(given, agent.protocol);
    if (given.trust === "auto" && changes.needsApproval(caller, "changes")) {
      // Whoever may approve may have said so before.
      if ((await tools.serverOf(id))?.trust !== "auto") throw trustNeedsApproval();
    }
    const isMoved = agent.protocol === "mcp" && given.url != null && given.url !== agent.url;
    const server = isMoved ? await tools.find({ ...agent, url: given.url! }) : undefined;
    if (given.url && stored && !given.card && !given.card_url) await intake.judgeMove(stored, given.url);
    const protocol = given.protocol ?? agent.protocolSetting;
    const address = saidAddress(given) ?? stored?.address;
    const stated = await intake.stated({ ...given, protocol, address });
    const lacksCard = given.protocol === "a2a" && !stated && !stored && !isHosted;
    const found = lacksCard ? await intake.demanded(given.url ?? agent.url) : stated;
    const said = saidPrices(given.tools?.prices ? { prices: given.tools.prices } : given);
    const edit = (current: Agent): Agent => ({
      ...current,
      name: given.name ?? current.name,
      description: given.description ?? current.description,
      url: isSite ? current.url : (given.url ?? current.url),
      version: given.version ?? current.version,
      skills: given.skills ? withoutPrices(given.skills) : current.skills,
      tags: given.tags ?? current.tags,
      webhookUrl: given.webhook_url == null ? current.webhookUrl : given.webhook_url || null,
      pricePerTask: given.price_per_task ?? current.pricePerTask,
      prices: said && !isSamePrices(said, current.prices) ? said : current.prices,
      keyHash:
        given.agent_api_key == null ? current.keyHash : given.agent_api_key ? hashKey(given.agent_api_key) : null,
      timeoutMs: given.timeout_ms ?? current.timeoutMs,
      protocolSetting: given.protocol ?? current.protocolSetting,
      visibility: given.visibility ?? current.visibility,
    });
    const needsApproval = changes.needsApproval(caller, "changes");
    const saysWebhook = given.webhook_url != null;
    const asksAgain = !may(caller, actions.writeApprovals);
    const terms = { by, saysWebhook, saysPrices: said !== undefined, needsApproval, asksAgain };
    const changed = await changes.change(id, { found, address }, edit, terms);
    if (!changed) throw notFound("Agent");
    const { proposed } = changed;
    if (agent.protocol === "mcp") {
      await tools.set(changed.agent, given, by);
      // What waits for approval is looked at when it has it.
      if (server && changed.agent.url === given.url) await tools.take(changed.agent, server, by, { isApproved: false });
    }
    const isOther = isSite || isHosted || proposed.protocol === "mcp";
    const mayHaveCard = proposed.protocolSetting !== "plain" && !found && !isOther;
    if (mayHaveCard && (given.url != null || given.protocol === "auto")) {
      const isSaid = proposed.protocolSetting === "a2a" || stored?.address !== undefined;
      gains.lookFor(changed, { needsApproval, address: isSaid ? proposed.url : undefined });
    }
    return known.told(changed);
  }
}

/** What an agent speaks that is an MCP server is what it is. @throws Problem 409 */
function demandSameLanguage({ protocol }: Agent, given: Pick<z.output<typeof agentUpdate>, "protocol">): void {
  if (given.protocol == null || (given.protocol === "mcp") === (protocol === "mcp")) return;
  throw new Problem(409, "An agent does not become an MCP server, or stop being one: register it anew", {
    code: "protocol_fixed",
  });
}

const becomesNoSite = () =>
  new Problem(
    409,
    "An agent that is something else does not become a website: register the site as an agent of its own",
    {
      code: "agent_is_no_site",
    },
  );

/** @throws Problem 409 for a change that would lead elsewhere than to where the gateway runs it */
function demandNoMove({ url }: Agent, given: Pick<z.output<typeof agentUpdate>, "url" | "card" | "card_url">): void {
  if ((given.url == null || given.url === url) && !given.card && !given.card_url) return;
  throw new Problem(409, "The gateway runs this agent itself: its address and card are its own. Undeploy it first", {
    code: "agent_hosted",
  });
}
