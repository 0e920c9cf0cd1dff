/** A JSON Schema (2020-12) object. `$defs` stand at the root of each schema. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type Orchestration = "server" | "client";

/** What an operation can do to the world, for agents that ask a person first. */
export type Risk = "low" | "medium" | "high";

/**
 * How to authenticate. Old clients reject any other `type`, so richer schemes refine `bearer` through `scheme`.
 * On an intent, flow or step it overrides the site's.
 */
export interface ManifestAuth {
  readonly type: "api_key" | "bearer" | "none";
  /** Header that carries the API key; `null` for the other types. */
  readonly header: string | null;
  readonly scheme?: "jwt" | "oauth2";
  /** URL of the RFC 9728 protected resource metadata. */
  readonly resource_metadata?: string;
  readonly authorization_servers?: readonly string[];
  /** Scopes a token needs. */
  readonly scopes?: readonly string[];
  /** URL of a page that tells how to get a credential. */
  readonly docs?: string;
}

/** Marks an operation that still works but should no longer be used. */
export interface Deprecation {
  readonly message: string;
  /** ISO 8601 date. */
  readonly since?: string;
  /** ISO 8601 date after which the operation may be gone. */
  readonly sunset?: string;
  /** Name of the intent, flow or step to use instead. */
  readonly use?: string;
}

/** What a call costs, where it goes through a gateway that takes the money for the site. */
export interface ManifestPrice {
  /** A decimal, such as `"0.05"`. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

interface ManifestOperation {
  readonly name: string;
  readonly description: string;
  readonly input_schema: JsonSchema;
  readonly output_schema: JsonSchema;
  readonly auth?: ManifestAuth;
  /** Answers `Accept: text/event-stream` with progress, chunks and one terminal result. */
  readonly streaming?: true;
  /** Repeating a call has no further effect. */
  readonly idempotent?: true;
  readonly risk?: Risk;
  readonly deprecated?: Deprecation;
  readonly price?: ManifestPrice;
}

export interface ManifestIntent extends ManifestOperation {
  /** Path of the intent, relative to `base_url`. */
  readonly endpoint: string;
  readonly method: "POST";
}

export interface ManifestStep extends ManifestOperation {
  readonly entry: boolean;
  /** Steps that become available when this one has completed. */
  readonly next_steps: readonly string[];
  /** Completes the flow although the flow contains a loop. */
  readonly final?: true;
}

export interface ManifestFlow {
  readonly name: string;
  readonly description: string;
  readonly orchestration: Orchestration;
  readonly steps: readonly ManifestStep[];
  readonly auth?: ManifestAuth;
  readonly deprecated?: Deprecation;
}

/** One difference to the previously published manifest. */
export interface ManifestChange {
  readonly kind: "added" | "removed" | "changed" | "deprecated";
  /** A caller of the previous manifest may fail. */
  readonly breaking: boolean;
  /** JSON Pointer-like place, by name: `/intents/search/input_schema/properties/query`. */
  readonly path: string;
  readonly message: string;
}

/** The changes that came with one version of the site. */
export interface ManifestRelease {
  readonly version: string;
  readonly changes: readonly ManifestChange[];
}

/** `GET /.well-known/agent-manifest.json`: everything an agent can do on a site. */
export interface Manifest {
  readonly agent_api_version: string;
  readonly name: string;
  readonly description: string;
  /** Version of the site's own agent API. */
  readonly version?: string;
  /** A repeated `Idempotency-Key` runs once here, so a call whose answer was lost may be sent again. */
  readonly idempotency_keys?: true;
  readonly base_url: string;
  readonly auth: ManifestAuth;
  readonly intents: readonly ManifestIntent[];
  readonly flows: readonly ManifestFlow[];
  /** Changelog, newest release first. */
  readonly changes?: readonly ManifestRelease[];
}
