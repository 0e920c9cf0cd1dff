import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { idParams, Problem, type RouteDefinition, route } from "../http/index.ts";
import type { AgentHooks } from "../webhooks/index.ts";
import { agentsTag } from "./fields.ts";
import type { AgentRegistry } from "./registry.ts";

const wireSecret = z.object({ agent_id: z.uuid(), webhook_secret: z.string() }).meta({ id: "AgentWebhookSecret" });

/** The secret that signs what an agent's `webhook_url` is told. */
export function webhookSecretRoutes(registry: AgentRegistry, hooks: AgentHooks): RouteDefinition[] {
  return [
    route({
      method: "POST",
      path: "/agents/{id}/webhook/rotate-secret",
      action: actions.writeWebhooks,
      tag: agentsTag,
      operationId: "rotateAgentWebhookSecret",
      summary: "Give an agent's webhook a new secret",
      description:
        "Shown this once. The secret before it signs beside it for 24 hours, so that receivers can change over. A `webhook_url` " +
        "that was set before webhooks were signed has none until then.",
      params: idParams,
      responses: {
        200: { description: "The new secret", schema: wireSecret },
        403: { description: "The agent belongs to somebody else" },
        404: { description: "No such agent" },
        409: { description: "The agent has no `webhook_url`" },
      },
      handler: async ({ params, caller, request }) => {
        const { id } = await registry.managed(params.id, caller, actions.writeWebhooks);
        const secret = await hooks.rotateSecret(id, byCaller(caller, request));
        if (secret === undefined)
          throw new Problem(409, "This agent has no webhook_url; set one, and the answer shows its secret", {
            code: "no_webhook",
          });
        return { agent_id: id, webhook_secret: secret };
      },
    }),
  ];
}
