import type { Orchestration } from "./manifest.ts";

/** Types of one operation: what a caller sends and what it gets. */
export interface OperationContract<Input = unknown, Output = unknown> {
  readonly input: Input;
  readonly output: Output;
}

export interface FlowContract {
  readonly orchestration: Orchestration;
  readonly steps: { readonly [step: string]: OperationContract };
}

/** The static types of a site, for clients that know it at compile time. */
export interface SiteContract {
  readonly intents: { readonly [intent: string]: OperationContract };
  readonly flows: { readonly [flow: string]: FlowContract };
}

/** Where a site application carries its contract. Types only; the property does not exist at run time. */
export interface HasContract<Contract = SiteContract> {
  readonly "~contract"?: Contract;
}

/** The contract of an `AgentApp`: `export type Contract = InferContract<typeof app>`. */
export type InferContract<App> = App extends HasContract<infer Contract> ? Contract : never;
