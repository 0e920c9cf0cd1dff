import type * as wire from "@agentgate/protocol";
import type { DirectorySite, SiteDirectory } from "@agentgate/protocol/directory";
import { asked, type CallOptions, GatewayRoom } from "../http/index.ts";

/** Documents by which others find the gateway. Of many agents, each has the newest. */
export abstract class DiscoveryCalls extends GatewayRoom {
  /** The gateway's own A2A card, which names its agents. */
  discovery(call?: CallOptions): Promise<wire.Discovery> {
    return this.http.json({ path: "/.well-known/agent.json", ...call });
  }

  /** The agents as an AI Catalog. */
  getAiCatalog(call?: CallOptions): Promise<wire.AiCatalog> {
    return this.http.json({ path: "/.well-known/ai-catalog.json", ...call });
  }

  /** Each entry of the AI Catalog, as it is taken. */
  aiCatalog(call?: CallOptions): AsyncGenerator<wire.AiCatalogEntry, void> {
    return this.http.each({ path: "/.well-known/ai-catalog.json", ...call });
  }

  /** The APIs behind the gateway's address, as a link set. */
  getApiCatalog(call?: CallOptions): Promise<wire.ApiCatalog> {
    return this.http.json({ path: "/.well-known/api-catalog", ...call });
  }

  /** A page of the websites that everybody may call through the gateway, in the format of `agentgate.json`. */
  getSiteDirectory(options?: CallOptions & { limit?: number; after?: string }): Promise<SiteDirectory> {
    return this.http.json({ path: "/agentgate.json", ...asked(options) });
  }

  /** All of them, each as it is taken. */
  sites(call?: CallOptions): AsyncGenerator<DirectorySite, void> {
    return this.http.each({ path: "/agentgate.json", ...call }, "sites");
  }

  /** The JSON Schema of that format. */
  getSiteDirectorySchema(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.http.json({ path: "/agentgate.schema.json", ...call });
  }

  /** What the gateway tells UCP platforms of itself. */
  getUcpProfile(call?: CallOptions): Promise<wire.UcpProfile> {
    return this.http.json({ path: "/.well-known/ucp", ...call });
  }
}
