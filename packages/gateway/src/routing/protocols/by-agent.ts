import type { Agent } from "../../agents/index.ts";
import type { AgentCall, AgentProtocol, ChunkSink, OutgoingTask } from "../agent-protocol.ts";
import { deferredCall } from "./deferred-call.ts";

export interface ByAgentOptions {
  plain: AgentProtocol;
  /** Settles when it is known what the agent speaks; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  /** The agent as it is after that. */
  find(agentId: string): Agent | undefined | Promise<Agent | undefined>;
}

/** A language that agents speak beside the plain contract. */
type OtherLanguage = Exclude<Agent["protocol"], "plain">;

/** Speaks to each agent in its own language. */
export class ProtocolByAgent implements AgentProtocol {
  readonly #options: ByAgentOptions;
  readonly #others: Partial<Record<OtherLanguage, AgentProtocol>> = {};

  constructor(options: ByAgentOptions) {
    this.#options = options;
  }

  /** From now on tasks for agents that speak it go this way. */
  learn(language: OtherLanguage, protocol: AgentProtocol): void {
    this.#others[language] = protocol;
  }

  /** How the order of a task for this agent is read; undefined where its metadata names the skill. */
  readerFor({ protocol: language }: Agent): AgentProtocol | undefined {
    const protocol = language === "plain" ? undefined : this.#others[language];
    return protocol?.order && protocol;
  }

  send(agent: Agent, task: OutgoingTask): AgentCall {
    return this.#pick(agent, (protocol, known) => protocol.send(known, task));
  }

  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall {
    return this.#pick(agent, (protocol, known) => protocol.stream(known, task, onChunk));
  }

  #pick(agent: Agent, call: (protocol: AgentProtocol, agent: Agent) => AgentCall): AgentCall {
    const { plain, lookingFor } = this.#options;
    if (agent.protocol !== "plain") return call(this.#other(agent.protocol), agent);
    const looking = lookingFor(agent.id);
    return looking ? this.#afterwards(agent, looking, call) : call(plain, agent);
  }

  #other(language: OtherLanguage): AgentProtocol {
    const protocol = this.#others[language];
    if (!protocol) throw new Error(`nobody here speaks ${language}`);
    return protocol;
  }

  /** An agent registered a moment ago: its first task waits until its card was looked for. */
  #afterwards(
    agent: Agent,
    looking: Promise<void>,
    call: (protocol: AgentProtocol, agent: Agent) => AgentCall,
  ): AgentCall {
    const { plain, find } = this.#options;
    const found = looking.then(() => find(agent.id));
    return deferredCall(found, (known) => {
      // Its price was told for the place where it was then: one that moved meanwhile is not followed.
      if (!known || known.protocol === "plain" || known.url !== agent.url) return call(plain, agent);
      return call(this.#other(known.protocol), known);
    });
  }
}
