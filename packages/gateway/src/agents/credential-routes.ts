import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { idParams, notFound, type RouteDefinition, route } from "../http/index.ts";
import { type CheckUrl, demandSafeUrls } from "./check-urls.ts";
import { agentCredential } from "./credential.ts";
import type { CredentialStore } from "./credentials.ts";
import { agentsTag } from "./fields.ts";
import { resourceOf } from "./mcp/mcp-registration.ts";
import type { AgentRegistry } from "./registry.ts";

const shown = z.object({ type: z.enum(["header", "bearer", "oauth2"]) }).meta({ id: "CredentialKind" });
const foreign = {
  403: { description: "The agent belongs to somebody else" },
  404: { description: "No such agent, or no credential" },
};

/** How the gateway authenticates at an agent. What was put in never comes out. */
export function credentialRoutes(
  registry: AgentRegistry,
  store: CredentialStore,
  checkUrl: CheckUrl,
): RouteDefinition[] {
  const common = { path: "/agents/{id}/credentials", tag: agentsTag, params: idParams } as const;
  return [
    route({
      ...common,
      method: "PUT",
      action: actions.writeCredentials,
      operationId: "setAgentCredential",
      summary: "Set what the gateway shows an agent",
      description:
        "A header, a bearer token, or OAuth 2 client credentials. Kept encrypted; callers, logs and cards never see it.",
      body: agentCredential,
      bodyExample: { type: "header", name: "X-API-Key", value: "the-agents-secret" },
      responses: {
        200: { description: "Its kind", schema: shown },
        400: { description: "Unsafe token_url" },
        ...foreign,
      },
      handler: async ({ params, body, caller, request }) => {
        const agent = await registry.managed(params.id, caller, actions.writeCredentials);
        if (body.type === "oauth2") await demandSafeUrls(checkUrl, [body.token_url]);
        const credential = agent.protocol === "mcp" ? resourceOf(body, agent.url)! : body;
        await store.put(agent, credential, byCaller(caller, request));
        return { type: body.type };
      },
    }),
    route({
      ...common,
      method: "GET",
      action: actions.readCredentials,
      operationId: "getAgentCredential",
      summary: "See which kind of credential an agent has",
      description: "What was put in never comes out: only its kind is told.",
      responses: { 200: { description: "Its kind", schema: shown }, ...foreign },
      handler: async ({ params, caller }) => {
        const credential = await store.find((await registry.managed(params.id, caller, actions.readCredentials)).id);
        if (!credential) throw notFound("Credential");
        return { type: credential.type };
      },
    }),
    route({
      ...common,
      method: "DELETE",
      action: actions.writeCredentials,
      operationId: "deleteAgentCredential",
      summary: "Forget an agent's credential",
      description: "From then on the agent is called without one.",
      responses: { 204: { description: "Gone" }, ...foreign },
      handler: async ({ params, caller, request }) =>
        store.delete(await registry.managed(params.id, caller, actions.writeCredentials), byCaller(caller, request)),
    }),
  ];
}
