import type { AnyOutput, NoInput } from "../schema/empty-schemas.ts";
import type { InferInput, InferOutput, Schema } from "../schema/standard-schema.ts";
import type { StepContext } from "./context.ts";
import type { AnyOperationOptions, OperationOptions } from "./operation.ts";

export interface StepOptions<I extends Schema, O extends Schema, After extends string>
  extends OperationOptions<I, O, StepContext> {
  /** The step that agents call first. Exactly one step of a flow. */
  readonly entry?: boolean | undefined;
  /** The step becomes available after (any of) these. */
  readonly after?: After | readonly After[] | undefined;
  /** The flow is complete after this step. Without it, a step that nothing comes after completes the flow. */
  readonly final?: boolean | undefined;
}

/** One step of a flow. `Input` is what callers send, `Output` what they get. */
export interface Step<Input = unknown, Output = unknown, After extends string = string> {
  readonly kind: "step";
  readonly options: AnyOperationOptions;
  readonly entry: boolean;
  readonly after: readonly After[];
  readonly final: boolean;
  readonly "~types"?: { readonly input: Input; readonly output: Output };
}

export const step = <I extends Schema = NoInput, O extends Schema = AnyOutput, const After extends string = never>(
  options: StepOptions<I, O, After>,
): Step<InferInput<I>, InferOutput<O>, NoInfer<After>> => {
  const { entry = false, after = [], final = false } = options;
  return { kind: "step", options, entry, after: typeof after === "string" ? [after] : after, final };
};
