import { byGateway } from "../audit/index.ts";
import type { Agent } from "./agent.ts";
import type { AgentChanges, ChangeTerms, GainedCard } from "./agent-changes.ts";
import type { FoundCard } from "./card-finder.ts";
import type { CardIntake } from "./card-intake.ts";
import type { KnownAgents } from "./known-agents.ts";

export interface CardGainsOptions {
  changes: AgentChanges;
  intake: CardIntake;
  known: KnownAgents;
}

/** Cards that agents get after they were registered. */
export class CardGains {
  readonly #options: CardGainsOptions;

  constructor(options: CardGainsOptions) {
    this.#options = options;
  }

  /** An agent registered by its name and URL may speak A2A all the same: that is found out beside its first steps. */
  lookFor(
    { agent, proposed }: { agent: Agent; proposed: Agent },
    { needsApproval, address }: { needsApproval: boolean; address?: string | undefined },
  ): void {
    const terms = { by: byGateway, needsApproval };
    const take = (found: FoundCard) => this.gain(agent.id, { found, address, at: proposed.url }, terms);
    // What waits for approval, no task waits for.
    this.#options.intake.look(proposed, take, { isAwaited: proposed.url === agent.url });
  }

  /** Takes a card in. Undefined when the agent is gone. */
  async gain(id: string, card: GainedCard, terms: ChangeTerms): Promise<Agent | undefined> {
    const { changes, known } = this.#options;
    const changed = await changes.change(id, card, (agent) => agent, terms);
    return changed && known.told(changed);
  }
}
