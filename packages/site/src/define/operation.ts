import type { Deprecation, ManifestPrice, Risk } from "@agentgate/protocol/site";
import type { AuthPolicy } from "../auth/auth-policy.ts";
import type { InferInput, InferOutput, Schema } from "../schema/standard-schema.ts";

/** What intents and steps have in common. */
export interface OperationOptions<I extends Schema, O extends Schema, Context> {
  /** Tells an agent what this does and when to use it. */
  readonly description: string;
  /** Schema of the arguments: an object. Left out: no arguments. */
  readonly input?: I | undefined;
  /** Schema of the result. Left out: any JSON value, unchecked. */
  readonly output?: O | undefined;
  readonly handler: (input: InferOutput<I>, context: Context) => InferInput<O> | Promise<InferInput<O>>;
  /** Overrides the site's auth. */
  readonly auth?: AuthPolicy | undefined;
  /** Scopes the principal must have, all of them. */
  readonly scopes?: readonly string[] | undefined;
  /** Answers `Accept: text/event-stream` with progress and chunks. */
  readonly stream?: boolean | undefined;
  /** Repeating a call has no further effect, so an interrupted one may be repeated without asking. */
  readonly idempotent?: boolean | undefined;
  readonly risk?: Risk | undefined;
  readonly deprecated?: Deprecation | undefined;
  /** What a call costs where it goes through a gateway that takes the money for the site: `{ amount: "0.05", currency: "USD" }`. */
  readonly price?: ManifestPrice | undefined;
  /** Milliseconds until the caller gets `timeout`. Default 30,000; 300,000 when the operation streams. */
  readonly timeoutMs?: number | undefined;
}

/** The options of any operation, when its types no longer matter. */
// biome-ignore lint/suspicious/noExplicitAny: schemas and handlers of every type meet here
export type AnyOperationOptions = OperationOptions<any, any, any>;
