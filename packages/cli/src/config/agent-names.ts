import type { AgentEntry } from "./gateway-file.ts";

/** An agent that chains may name. */
export interface NamedAgent {
  /** Its organization's name; empty for none. */
  org: string;
  name: string;
  /** Undefined until it is made. */
  id?: string | undefined;
  entry?: AgentEntry | undefined;
}

/** Finds agents by what files call them: a name, which means the chain's own organization's first, `organization/name`, or an id. */
export class AgentNames {
  readonly #agents: NamedAgent[] = [];
  /** The organization whose key is used; empty for the admin. */
  readonly own: string;

  constructor(own: string) {
    this.own = own;
  }

  add(agent: NamedAgent): void {
    this.#agents.push(agent);
  }

  /** An agent was made. */
  made(entry: AgentEntry, id: string): void {
    const agent = this.#agents.find((one) => one.entry === entry);
    if (agent) agent.id = id;
  }

  /** All that may be meant; from a chain of this organization. */
  find(text: string, org: string): NamedAgent[] {
    const byId = this.#agents.filter(({ id }) => id !== undefined && id === text.toLowerCase());
    if (byId.length > 0) return byId;
    const called = this.#agents.filter(({ name }) => name === text);
    const own = called.filter((agent) => agent.org === org);
    if (own.length > 0) return own;
    if (called.length > 0) return called;
    return this.#agents.filter((agent) => `${agent.org || this.own}/${agent.name}` === text);
  }

  /** The shortest text that means this agent alone, from a chain of this organization. */
  callIt(id: string, org: string): string {
    const agent = this.#agents.find((one) => one.id === id);
    if (!agent) return id;
    const texts = [agent.name, `${agent.org}/${agent.name}`];
    return texts.find((text) => this.find(text, org).length === 1 && this.find(text, org)[0] === agent) ?? id;
  }
}
