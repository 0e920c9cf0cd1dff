import type { AnyOutput, NoInput } from "../schema/empty-schemas.ts";
import type { InferInput, InferOutput, Schema } from "../schema/standard-schema.ts";
import type { CallContext } from "./context.ts";
import type { AnyOperationOptions, OperationOptions } from "./operation.ts";

export type IntentOptions<I extends Schema, O extends Schema> = OperationOptions<I, O, CallContext>;

/** A single-step, stateless capability. `Input` is what callers send, `Output` what they get. */
export interface Intent<Input = unknown, Output = unknown> {
  readonly kind: "intent";
  readonly options: AnyOperationOptions;
  readonly "~types"?: { readonly input: Input; readonly output: Output };
}

/** Defines an intent apart from its site: `new AgentApp({ intents: { search: intent({ … }) } })`. */
export const intent = <I extends Schema = NoInput, O extends Schema = AnyOutput>(
  options: IntentOptions<I, O>,
): Intent<InferInput<I>, InferOutput<O>> => ({ kind: "intent", options });
