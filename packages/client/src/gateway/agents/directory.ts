import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";

export interface PageOptions extends CallOptions {
  limit?: number | undefined;
  offset?: number | undefined;
}

/** Which agents. */
export interface AgentFilter extends CallOptions {
  /** Part of a skill's id or name, any case. */
  skill?: string | undefined;
  /** A whole tag, any case. */
  tag?: string | undefined;
}

export interface ListAgentsOptions extends AgentFilter, PageOptions {}

export interface ByNameOptions extends CallOptions {
  /** Only agents of this organization. */
  orgId?: string | undefined;
}

export interface AgentsByNameOptions extends ByNameOptions {
  version?: string | undefined;
}

export interface SearchAgentsOptions extends PageOptions {
  /** Part of the name, description or a tag. */
  q?: string | undefined;
  /** An agent must carry them all. */
  tags?: readonly string[] | undefined;
  skill?: string | undefined;
  /** Dollars that everybody pays for a task. */
  priceMax?: number | undefined;
  /** From 0 to 5. */
  ratingMin?: number | undefined;
  protocol?: wire.AgentProtocol | undefined;
  health?: "healthy" | "unhealthy" | undefined;
  /** `price`: the cheapest first; `calls`: those called most in thirty days. */
  sort?: "newest" | "name" | "version" | "rating" | "price" | "calls" | undefined;
  /** Also what those that match are like. */
  facets?: boolean | undefined;
}

/** Finding agents. */
export abstract class DirectoryCalls extends GatewayRoom {
  /** Newest first; all of them, page by page, unless a `limit` is given. */
  listAgents(options?: ListAgentsOptions): Promise<wire.Agent[]> {
    return this.http.pages({ path: "/agents/", ...asked(options) });
  }

  /** The same, each as it is taken. */
  agents(filter?: AgentFilter): AsyncGenerator<wire.Agent, void> {
    return this.http.each({ path: "/agents/", ...asked({ ...filter, limit: 500 }) });
  }

  searchAgents(options?: SearchAgentsOptions): Promise<wire.AgentSearchPage> {
    return this.http.json(searchRequest(options));
  }

  /** Each agent that a search finds, as it is taken. Of a search by text, skill or tags, the first thousand. */
  foundAgents(
    options?: Omit<SearchAgentsOptions, "limit" | "offset" | "facets">,
  ): AsyncGenerator<wire.AgentSearchItem, void> {
    return this.http.each(searchRequest({ ...options, limit: 200 }), "agents");
  }

  /** The tags in use, by name. */
  listTags(call?: CallOptions): Promise<wire.TagCount[]> {
    return this.http.pages({ path: "/agents/tags", ...call }, "tags");
  }

  /** The same, each as it is taken. */
  tags(call?: CallOptions): AsyncGenerator<wire.TagCount, void> {
    return this.http.each({ path: "/agents/tags", ...call }, "tags");
  }

  /**
   * Every agent of this name, newest first. Anybody may give an agent a name that others have: `orgId` says whose is meant.
   */
  getAgentsByName(name: string, options?: AgentsByNameOptions): Promise<wire.Agent[]> {
    return this.http.pages({ path: at`/agents/by-name/${name}`, ...asked(options) });
  }

  /** The same, each as it is taken. */
  agentsByName(name: string, options?: AgentsByNameOptions): AsyncGenerator<wire.Agent, void> {
    return this.http.each({ path: at`/agents/by-name/${name}`, ...asked(options) });
  }

  /** The agent of this name that was registered last, by whomever, unless `orgId` says whose is meant. */
  getLatestAgent(name: string, options?: ByNameOptions): Promise<wire.Agent> {
    return this.http.json({ path: at`/agents/by-name/${name}/latest`, ...asked(options) });
  }
}

const searchRequest = ({ facets, ...options }: SearchAgentsOptions = {}) => ({
  path: "/agents/search",
  ...asked({ ...options, facets: facets ? 1 : undefined }),
});
