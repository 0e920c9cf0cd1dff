import type { Orchestration } from "@agentgate/protocol/site";
import type { AuthPolicy } from "../auth/auth-policy.ts";
import type { Flow, SessionOptions } from "../define/flow.ts";
import { buildFlowGraph, type FlowGraph } from "../define/flow-graph.ts";
import { checkName } from "../define/names.ts";
import { RegistrationError } from "../define/registration-error.ts";
import { compileOperation, type Operation } from "./operation.ts";

export interface CompiledFlow {
  readonly name: string;
  readonly orchestration: Orchestration;
  readonly description: string;
  readonly definition: Flow;
  readonly graph: FlowGraph;
  readonly steps: ReadonlyMap<string, Operation>;
  readonly session: SessionOptions;
}

export function compileFlow(flow: Flow, sitePolicy: AuthPolicy): CompiledFlow {
  const { name, orchestration, options, steps } = flow;
  checkName("flow", name);
  for (const step of Object.keys(steps)) checkName("step", step);
  const graph = buildFlowGraph(flow);
  const compiled = Object.entries(steps).map(([step, definition]): [string, Operation] => {
    const place = { name: step, label: `step "${step}" of flow "${name}"`, sitePolicy };
    const inherited = { flowPolicy: options.auth, flowDeprecation: options.deprecated };
    return [step, compileOperation(definition.options, { ...place, ...inherited })];
  });
  if (orchestration === "server" && new Set(compiled.map(([, { policy }]) => policy)).size > 1) {
    throw new RegistrationError(`flow "${name}": steps that share a session need one auth. Set it on the flow.`);
  }
  return {
    name,
    orchestration,
    description: options.description,
    definition: flow,
    graph,
    steps: new Map(compiled),
    session: options.session ?? {},
  };
}
