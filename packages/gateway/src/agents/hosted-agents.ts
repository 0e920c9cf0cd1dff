import { type By, byGateway } from "../audit/index.ts";
import { notFound } from "../http/index.ts";
import type { Agent } from "./agent.ts";
import { type AgentChanges, NO_CARD } from "./agent-changes.ts";
import type { CardGains } from "./card-gains.ts";
import type { CardIntake } from "./card-intake.ts";
import type { KnownAgents } from "./known-agents.ts";

export interface HostedAgentsOptions {
  intake: CardIntake;
  gains: CardGains;
  changes: AgentChanges;
  known: KnownAgents;
}

/** Agents that the gateway runs itself. */
export class HostedAgents {
  readonly #options: HostedAgentsOptions;

  constructor(options: HostedAgentsOptions) {
    this.#options = options;
  }

  /**
   * From now on the gateway runs the agent itself, and calls it at an address of its own, or no longer does.
   * @param url where it is called then; where it was when there is none
   * @param needsApproval of one that is called somewhere else until then
   */
  async set(
    id: string,
    isHosted: boolean,
    { by, url, needsApproval = false }: { by: By; url?: string; needsApproval?: boolean },
  ): Promise<Agent> {
    const { changes, known } = this.#options;
    const agent = await known.find(id);
    // One that was to be hosted and waits for that is to stay where it is called.
    const isWithdrawn = !isHosted && agent?.deployed === false;
    const to = isWithdrawn ? agent.url : url;
    const edit = (agent: Agent): Agent =>
      isWithdrawn && !agent.deployed ? agent : { ...agent, deployed: isHosted, url: to ?? agent.url };
    const terms = { by, needsApproval: needsApproval || isWithdrawn };
    const changed = await changes.change(id, NO_CARD, edit, terms);
    if (!changed) throw notFound("Agent");
    return known.told(changed);
  }

  /** Looks for the card of an agent that runs beside the gateway, and takes it in. @throws Problem 400 for a card that cannot be used */
  async lookAt(id: string): Promise<void> {
    const { changes, gains, intake, known } = this.#options;
    const found = await known.find(id);
    if (!found) throw notFound("Agent");
    const needsApproval = changes.findingsNeedApproval(found);
    const { agent } = await changes.asProposed(found);
    const card = agent.protocolSetting === "plain" ? undefined : await intake.ofHosted(agent);
    const gained = { found: card, address: agent.url, at: agent.url };
    if (card) await gains.gain(id, gained, { by: byGateway, needsApproval });
  }
}
