import {
  agentApiVersion,
  type Manifest,
  type ManifestAuth,
  type ManifestFlow,
  type ManifestIntent,
  type ManifestStep,
} from "@agentgate/protocol/site";
import type { CompiledFlow } from "../engine/compiled-flow.ts";
import type { Operation } from "../engine/operation.ts";
import type { Site } from "../engine/site.ts";
import { intentPath } from "../exchange/route.ts";

/** The manifest of a site, in the order of its definitions. */
export function buildManifest(site: Site, baseUrl: string): Manifest {
  return {
    agent_api_version: agentApiVersion,
    name: site.title,
    description: site.description,
    version: site.version,
    idempotency_keys: true,
    base_url: baseUrl,
    auth: site.policy.describe(baseUrl),
    intents: [...site.intents.values()].map((intent) => describeIntent(intent, baseUrl)),
    flows: [...site.flows.values()].map((flow) => describeFlow(flow, baseUrl)),
  };
}

const describeIntent = (intent: Operation, baseUrl: string): ManifestIntent => ({
  name: intent.name,
  description: intent.options.description,
  endpoint: intentPath(intent.name),
  method: "POST",
  input_schema: intent.inputSchema,
  output_schema: intent.outputSchema,
  ...describeExtras(intent, baseUrl),
});

const describeFlow = (
  { name, description, orchestration, steps, graph, definition }: CompiledFlow,
  baseUrl: string,
): ManifestFlow => ({
  name,
  description,
  orchestration,
  steps: [...steps.values()].map(
    (step): ManifestStep => ({
      name: step.name,
      description: step.options.description,
      entry: step.name === graph.entry,
      next_steps: graph.next.get(step.name)!,
      input_schema: step.inputSchema,
      output_schema: step.outputSchema,
      ...describeExtras(step, baseUrl),
      ...(definition.steps[step.name]?.final && { final: true as const }),
    }),
  ),
  ...(definition.options.deprecated && { deprecated: definition.options.deprecated }),
});

/** Keys that the documented manifest does not have; they appear only where they say something. */
const describeExtras = (operation: Operation, baseUrl: string) => ({
  ...(operation.ownAuth && { auth: describeAuth(operation, baseUrl) }),
  ...(operation.options.stream && { streaming: true as const }),
  ...(operation.options.idempotent && { idempotent: true as const }),
  ...(operation.options.risk && { risk: operation.options.risk }),
  ...(operation.options.deprecated && { deprecated: operation.options.deprecated }),
  ...(operation.options.price && { price: operation.options.price }),
});

const describeAuth = ({ policy, scopes }: Operation, baseUrl: string): ManifestAuth => ({
  ...policy.describe(baseUrl),
  ...(scopes.length > 0 && { scopes }),
});
