import type { Agent } from "../../agents/index.ts";
import type { AgentCall, AgentProtocol, ChunkSink, OutgoingTask } from "../agent-protocol.ts";
import { deferredCall } from "./deferred-call.ts";

export interface ByAgentOptions {
  plain: AgentProtocol;
  a2a: AgentProtocol;
  /** Settles when it is known what the agent speaks; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  /** The agent as it is after that. */
  find(agentId: string): Agent | undefined | Promise<Agent | undefined>;
}

/** Speaks to each agent in its own language. */
export class ProtocolByAgent implements AgentProtocol {
  readonly #options: ByAgentOptions;

  constructor(options: ByAgentOptions) {
    this.#options = options;
  }

  send(agent: Agent, task: OutgoingTask): AgentCall {
    return this.#pick(agent, (protocol, known) => protocol.send(known, task));
  }

  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall {
    return this.#pick(agent, (protocol, known) => protocol.stream(known, task, onChunk));
  }

  #pick(agent: Agent, call: (protocol: AgentProtocol, agent: Agent) => AgentCall): AgentCall {
    const { plain, a2a, lookingFor } = this.#options;
    if (agent.protocol === "a2a") return call(a2a, agent);
    const looking = lookingFor(agent.id);
    return looking ? this.#afterwards(agent, looking, call) : call(plain, agent);
  }

  /** An agent registered a moment ago: its first task waits until its card was looked for. */
  #afterwards(
    agent: Agent,
    looking: Promise<void>,
    call: (protocol: AgentProtocol, agent: Agent) => AgentCall,
  ): AgentCall {
    const { plain, a2a, find } = this.#options;
    const found = looking.then(() => find(agent.id));
    return deferredCall(found, (known) => {
      // Its price was told for the place where it was then: one that moved meanwhile is not followed.
      const speaksA2A = known?.protocol === "a2a" && known.url === agent.url;
      return speaksA2A ? call(a2a, known) : call(plain, agent);
    });
  }
}
