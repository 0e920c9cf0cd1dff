/** The gateway's own document (contract section 10): who it is, and which agents answer behind it. */
export type Discovery = {
  name: string;
  description: string;
  url: string;
  version: string;
  capabilities: Record<string, boolean>;
  defaultInputModes: string[];
  defaultOutputModes: string[];
  skills: unknown[];
  agents: { name: string; description: string; url: string; version: string; skills: Record<string, unknown>[] }[];
};

/** The agents as an AI Catalog has them (https://ai-catalog.io). */
export interface AiCatalog {
  specVersion: string;
  host: { displayName: string; documentationUrl: string };
  entries: AiCatalogEntry[];
}

export interface AiCatalogEntry {
  identifier: string;
  displayName: string;
  description: string;
  /** Media type of what `url` leads to. */
  type: string;
  mediaType: string;
  url: string;
  version: string;
  tags: string[];
  updatedAt?: string;
}

interface CatalogLink {
  href: string;
  type?: string | undefined;
}

/** The APIs behind the gateway's address, as a link set (RFC 9727). */
export interface ApiCatalog {
  linkset: {
    anchor: string;
    "service-desc": CatalogLink[];
    "service-doc"?: CatalogLink[] | undefined;
    "service-meta"?: CatalogLink[] | undefined;
    status?: CatalogLink[] | undefined;
  }[];
}

/** Public keys, as JSON Web Keys. */
export interface PublicKeys {
  keys: Record<string, unknown>[];
}
