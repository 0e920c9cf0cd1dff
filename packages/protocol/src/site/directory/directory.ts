import type { ManifestPrice, Orchestration, Risk } from "../manifest.ts";

/** Version of the format. Members may be added within it; a reader ignores those that it does not know. */
export const directoryVersion = "1.0";

/** Where a directory is served, relative to whoever keeps it. */
export const directoryPath = "/agentgate.json";

/** An intent as a directory tells it: what it does, not how it is called. */
export interface DirectoryIntent {
  readonly name: string;
  readonly description: string;
  readonly risk?: Risk;
  readonly price?: ManifestPrice;
}

export interface DirectoryFlow {
  readonly name: string;
  readonly description: string;
  readonly orchestration: Orchestration;
  /** Names, in the manifest's order. */
  readonly steps: readonly string[];
}

/** A site that agents can call. */
export interface DirectorySite {
  /** Where it is discovered: without query, fragment and trailing slash. */
  readonly url: string;
  readonly name: string;
  readonly description: string;
  /** Of the site's own agent API. */
  readonly version?: string;
  readonly agent_api_version: string;
  readonly manifest_url: string;
  /** `sha256:` and the digest of the manifest as it was served, 64 hexadecimal digits. */
  readonly manifest_digest: string;
  readonly auth: "api_key" | "bearer" | "none";
  readonly intents: readonly DirectoryIntent[];
  readonly flows: readonly DirectoryFlow[];
  readonly tags?: readonly string[];
  /** ISO 8601, as every `…_at`: when the manifest was last seen. */
  readonly checked_at: string;
  /** Where it can be called through a gateway as well. */
  readonly gateway?: {
    readonly agent_id: string;
    /** `POST` of a task. */
    readonly task_url: string;
    readonly card_url: string;
  };
}

/** `agentgate.json`: sites that agents can call, or a page of them. */
export interface SiteDirectory {
  readonly $schema?: string;
  readonly directory_version: string;
  readonly name: string;
  readonly description?: string;
  /** When the newest of these entries was checked; null where there are none. */
  readonly updated_at: string | null;
  readonly sites: readonly DirectorySite[];
  /** Address of the next page, as seen from this one's and on the same origin; null at the end. */
  readonly next: string | null;
}
