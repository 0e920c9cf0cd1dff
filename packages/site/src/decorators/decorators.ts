import type { Orchestration } from "@agentgate/protocol/site";
import type { CallContext, StepContext } from "../define/context.ts";
import { flow as defineFlow, type Flow, type FlowOptions } from "../define/flow.ts";
import type { AnyOperationOptions } from "../define/operation.ts";
import { RegistrationError } from "../define/registration-error.ts";
import { step as defineStep, type Step, type StepOptions } from "../define/step.ts";
import type { AnyOutput, NoInput } from "../schema/empty-schemas.ts";
import type { InferInput, InferOutput, Schema } from "../schema/standard-schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: methods of every type meet here
type Method<I = any, R = any> = (input: I, context: StepContext) => R | Promise<R>;
type FlowClass<T extends object = object> = new () => T;
type ClassOptions = Omit<FlowOptions<never, Orchestration>, "steps">;

/** Marks a method; a method whose parameters do not fit the schemas is a compile error. Works in both conventions. */
export interface StepDecorator<I, R> {
  <This, M extends Method<I, R>>(method: M, context: ClassMethodDecoratorContext<This, M>): void;
  <M extends Method<I, R>>(prototype: object, name: string | symbol, descriptor: TypedPropertyDescriptor<M>): void;
}

const stepsByMethod = new WeakMap<Method, Omit<StepOptions<Schema, Schema, string>, "handler">>();
const flowsByClass = new WeakMap<FlowClass, { readonly name: string; readonly options: ClassOptions }>();

/**
 * Makes a method a step. Put it above other decorators of the method.
 * TC39 decorators pass (method, context), legacy ones (`experimentalDecorators`) pass (prototype, name, descriptor).
 */
export function step<I extends Schema = NoInput, O extends Schema = AnyOutput>(
  options: Omit<StepOptions<I, O, string>, "handler">,
): StepDecorator<InferOutput<I>, InferInput<O>> {
  return (target: unknown, context: unknown, descriptor?: TypedPropertyDescriptor<Method>): void => {
    const method = isTc39(context) ? (target as Method) : descriptor?.value;
    if (typeof method !== "function")
      throw new RegistrationError(`@step is for methods, and "${String(context)}" is none.`);
    stepsByMethod.set(method, options);
  };
}

/** Makes a class a flow: every call gets a new instance. Hand it to the site with `app.flow(toFlow(CheckoutFlow))`. */
export function flow(name: string, options: ClassOptions): (target: FlowClass, context?: unknown) => void {
  return (target) => {
    flowsByClass.set(target, { name, options });
  };
}

type StepsOf<T> = {
  // biome-ignore lint/suspicious/noExplicitAny: whatever is not a step is left out
  readonly [K in keyof T as T[K] extends (...values: any[]) => any ? K & string : never]: T[K] extends (
    input: infer I,
    // biome-ignore lint/suspicious/noExplicitAny: any context will do
    ...rest: any[]
  ) => infer R
    ? Step<I, Awaited<R>, string>
    : never;
};

/** The flow of a decorated class, in the order of its methods. */
export function toFlow<T extends object>(target: FlowClass<T>): Flow<string, StepsOf<T>, Orchestration> {
  const definition = flowsByClass.get(target);
  if (!definition)
    throw new RegistrationError(`class ${target.name} is no flow. Put @flow("name", { description }) above it.`);
  const steps: Record<string, Step> = {};
  for (const name of Object.getOwnPropertyNames(target.prototype)) {
    const method = Object.getOwnPropertyDescriptor(target.prototype, name)?.value as Method | undefined;
    const options = method && stepsByMethod.get(method);
    if (options) steps[name] = defineStep({ ...options, handler: onNewInstance(target, name) } as never);
  }
  if (Object.keys(steps).length === 0) {
    throw new RegistrationError(
      `class ${target.name} has no steps. Put @step({ description, … }) above its methods, topmost.`,
    );
  }
  return defineFlow(definition.name, { ...definition.options, steps }) as never;
}

const onNewInstance =
  (target: FlowClass, name: string): AnyOperationOptions["handler"] =>
  (input: unknown, context: CallContext) =>
    (new target() as Record<string, Method>)[name]!(input, context as StepContext);

const isTc39 = (context: unknown): boolean => typeof context === "object" && context !== null && "kind" in context;
