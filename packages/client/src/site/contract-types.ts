import type { HasContract, SiteContract } from "@agentgate/protocol/site";
import type { CallOptions, Operation, StepContracts } from "./call-types.ts";
import type { FlowSession } from "./flow-session.ts";

export interface ServerFlow<Steps extends StepContracts = StepContracts> {
  /** Opens a session on the site. */
  start(options?: CallOptions): Promise<FlowSession<Steps>>;
  /** Continues a session, for example in another process. */
  resume(sessionId: string, options?: CallOptions): Promise<FlowSession<Steps>>;
}

export interface ClientFlow<Steps extends StepContracts = StepContracts> {
  readonly steps: { readonly [Step in keyof Steps]: Operation<Steps[Step]> };
}

/** The contract of what `discover<App>` was given: the type of an app, or a contract as `agentgate types` writes it. */
export type ContractOf<App> = "~contract" extends keyof App
  ? App extends HasContract<infer Contract extends SiteContract>
    ? Contract
    : never
  : App extends SiteContract
    ? App
    : never;

export type IntentsOf<Contract extends SiteContract> = {
  readonly [Intent in keyof Contract["intents"]]: Operation<Contract["intents"][Intent]>;
};

export type FlowsOf<Contract extends SiteContract> = {
  readonly [Flow in keyof Contract["flows"]]: FlowOf<
    Contract["flows"][Flow]["orchestration"],
    Contract["flows"][Flow]["steps"]
  >;
};

/** A flow of which only the manifest knows the orchestration may be either. */
type FlowOf<Orchestration, Steps extends StepContracts> = [Orchestration] extends ["server"]
  ? ServerFlow<Steps>
  : [Orchestration] extends ["client"]
    ? ClientFlow<Steps>
    : ServerFlow<Steps> & ClientFlow<Steps>;
