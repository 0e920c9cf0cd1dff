import { z } from "zod";
import { actions } from "../access/index.ts";
import { type Agent, approvalMember, wireApproval } from "../agents/index.ts";
import { byCaller } from "../audit/index.ts";
import {
  idParams,
  type KeepAlives,
  numeric,
  Problem,
  type RouteDefinition,
  route,
  type Tag,
  text,
} from "../http/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import type { Deployed, Deployments } from "./deployments.ts";
import { followLogs } from "./follow-logs.ts";
import type { Hosting } from "./hosting.ts";
import { secretChanges } from "./secrets.ts";
import type { Known } from "./store.ts";

const tag: Tag = {
  name: "Deploy",
  description: "Hand over an agent as an archive, and see how it fares",
};

/** Form fields, which may stand in the query too. */
const described = z.object({
  name: text().max(255).optional().describe("Wins over the file's, as the next two"),
  description: text().max(10_000).optional(),
  version: text().max(50).optional(),
});
const form = described
  .extend({
    file: z
      .string()
      .meta({ format: "binary" })
      .describe("The agent's directory as a `.tar.gz` of at most 50 MiB, its `agentgate.yaml` at the top"),
  })
  .meta({ id: "AgentArchive" });

const wireDeployment = z
  .object({
    id: z.uuid().describe("The agent's"),
    name: z.string(),
    description: z.string(),
    version: z.string(),
    url: z.string(),
    port: z.int().nullable(),
    container_id: z.string().nullable(),
    deployed: z.boolean().describe("Whether the gateway runs the agent itself"),
    card_url: z.string(),
    task_url: z.string(),
    approval: wireApproval
      .optional()
      .describe("Of an agent about which somebody was asked: whether it, or its change, waits"),
  })
  .meta({ id: "Deployment" });
const wireStatus = z
  .object({
    agent_id: z.uuid(),
    agent_name: z.string(),
    running: z.boolean().describe("Whether the gateway runs it at this moment"),
    status: z
      .string()
      .describe(
        "Of a hosted agent `installing`, `starting`, `running`, `restarting` or `failed`; `registered` of one at an address of its own, " +
          "`not_deployed` of one that came in another way, or `undeployed`",
      ),
    container_id: z.string().nullable(),
    name: z.string().nullable(),
    detail: z.string().nullable().describe("Why it does not run, or why a later archive did not take its place"),
    restarts: z.int().describe("How often it was started again by itself"),
    release: z.int().nullable().describe("How many archives came; the last is the one that is meant to run"),
    running_release: z.int().nullable().describe("The one that runs"),
    node: z.string().nullable().describe("The node that runs it, and whose word this is"),
    updated_at: z.iso.datetime().nullable().describe("When that node said so"),
  })
  .meta({ id: "DeploymentStatus" });
const wireLogs = z.object({ agent_id: z.uuid(), logs: z.string() }).meta({ id: "DeploymentLogs" });
const wireUndeployed = z.object({ status: z.literal("undeployed"), agent_id: z.uuid() }).meta({ id: "Undeployed" });
const wireSecrets = z
  .object({ agent_id: z.uuid(), names: z.array(z.string()).describe("By name; their values never come back") })
  .meta({ id: "DeploymentSecrets" });

const foreign = {
  403: { description: "The agent belongs to somebody else" },
  404: { description: "No such agent, or it is not deployed" },
};

export interface DeployFaceOptions {
  deployments: Deployments;
  /** Undefined where agents are only registered. */
  hosting: Hosting | undefined;
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
  /** Where callers reach the gateway. */
  publicUrl(): string;
}

/** Deploying (contract section 9). */
export function deployRoutes(options: DeployFaceOptions): RouteDefinition[] {
  const { deployments, hosting, publicUrl } = options;
  const ofAgent = { tag, params: idParams } as const;
  return [
    route({
      method: "POST",
      path: "/deploy/",
      action: actions.writeDeployments,
      tag,
      operationId: "deployAgent",
      summary: "Deploy an agent's archive",
      description:
        "The `url` that the archive's `agentgate.yaml` names is registered; without one, a gateway that hosts agents starts it, and " +
        "`status` tells how that goes. An archive of the same owner and name replaces the one before, without losing a call: the " +
        "agent keeps its id.",
      query: described,
      body: form,
      bodyType: "multipart/form-data",
      responses: {
        201: { description: "The agent", schema: wireDeployment },
        400: { description: "The archive cannot be used, or its URL is unsafe" },
        403: { description: "The organization's tier allows no more agents" },
        404: { description: "No such organization" },
        409: { description: "An agent of this name is being deployed at this moment" },
        501: { description: "The archive names no `url`, and this gateway hosts no agents" },
        503: { description: "The gateway's disk is full" },
      },
      handler: async ({ query, caller, request }) =>
        toWire(await deployments.deploy(request.raw, query, byCaller(caller, request)), publicUrl()),
    }),
    route({
      ...ofAgent,
      method: "GET",
      path: "/deploy/{id}/status",
      action: actions.readDeployments,
      operationId: "getDeployment",
      summary: "See how a deployed agent fares",
      description: "Also of an agent that came in another way, of which there is nothing to tell.",
      responses: { 200: { description: "How it fares", schema: wireStatus }, ...foreign },
      handler: async ({ params, caller }) => {
        const { agent, deployment } = await deployments.find(params.id, caller, actions.readDeployments);
        return toWireStatus(agent, deployment);
      },
    }),
    route({
      ...ofAgent,
      method: "GET",
      path: "/deploy/{id}/logs",
      action: actions.readDeployments,
      operationId: "getDeploymentLogs",
      summary: "Read what a hosted agent has written",
      description:
        "Its latest lines; nothing of an agent at an address of its own. With `follow`, each line is an event of its own, `log`, and the " +
        "stream goes on with what is written; who reads too slowly misses lines, and is told how many by `skipped`. " +
        "When the key ends meanwhile, so does the stream: with an `error`, whose data is the problem that a request would be answered.",
      query: z.object({
        tail: numeric(z.int().min(0).max(10_000)).default(100).describe("How many lines at most"),
        follow: z.enum(["0", "1", "true", "false"]).default("0").describe("`1` goes on, in server-sent events"),
      }),
      responses: {
        200: { description: "Lines, the latest last", schema: wireLogs, textTypes: ["text/event-stream"] },
        ...foreign,
        409: { description: "Another node runs the agent, and has its logs" },
      },
      handler: async ({ params, query, caller, request, reply }) => {
        const { agent, deployment } = await deployments.find(params.id, caller, actions.readDeployments);
        const logs = hosting?.logsOf(agent.id);
        const isElsewhere = !logs && deployment !== undefined && deployment.node !== "";
        if (isElsewhere)
          throw new Problem(409, `The logs of this agent are on the node ${deployment.nodeName}: ask it there`);
        const lines = (await logs?.tail(query.tail)) ?? [];
        if (query.follow === "1" || query.follow === "true")
          return followLogs({ ...options, request, reply, lines, logs });
        return { agent_id: agent.id, logs: lines.map((line) => `${line}\n`).join("") };
      },
    }),
    route({
      ...ofAgent,
      method: "DELETE",
      path: "/deploy/{id}",
      action: actions.writeDeployments,
      operationId: "undeployAgent",
      summary: "Undeploy an agent",
      description:
        "Ends what deploying began, and forgets its secrets. The agent stays registered until it is deleted.",
      responses: { 200: { description: "Undeployed", schema: wireUndeployed }, ...foreign },
      handler: async ({ params, caller, request }) => {
        await deployments.undeploy(params.id, byCaller(caller, request));
        return { status: "undeployed", agent_id: params.id };
      },
    }),
    route({
      ...ofAgent,
      method: "GET",
      path: "/deploy/{id}/secrets",
      action: actions.readDeployments,
      operationId: "listDeploymentSecrets",
      summary: "List the names of an agent's secrets",
      description: "Their values never come back.",
      responses: { 200: { description: "The names", schema: wireSecrets }, ...foreign },
      handler: async ({ params, caller }) => ({
        agent_id: params.id,
        names: await deployments.secretNames(params.id, caller),
      }),
    }),
    route({
      ...ofAgent,
      method: "PUT",
      path: "/deploy/{id}/secrets",
      action: actions.writeDeployments,
      operationId: "setDeploymentSecrets",
      summary: "Set an agent's secrets",
      description:
        "Environment variables of the agent, kept encrypted. `null` forgets one; those that are not named stay as they are. A running " +
        "agent is replaced by one that has them.",
      body: secretChanges,
      bodyExample: { MODEL_API_KEY: "sk-1", OLD_KEY: null },
      responses: { 200: { description: "The names that there are now", schema: wireSecrets }, ...foreign },
      handler: async ({ params, body, caller, request }) => ({
        agent_id: params.id,
        names: await deployments.changeSecrets(params.id, body, byCaller(caller, request)),
      }),
    }),
  ];
}

const toWire = ({ agent, deployment }: Deployed, base: string) => ({
  id: agent.id,
  name: agent.name,
  description: agent.description,
  version: agent.version,
  url: agent.url,
  port: null,
  container_id: deployment.containerId,
  deployed: agent.deployed,
  card_url: `${base}/agents/${agent.id}/card`,
  task_url: `${base}/agents/${agent.id}/task`,
  ...approvalMember(agent),
});

const toWireStatus = (agent: Agent, deployment: Known | undefined) => ({
  agent_id: agent.id,
  agent_name: agent.name,
  running: deployment?.state === "running",
  status: deployment?.state ?? "not_deployed",
  container_id: deployment?.containerId ?? null,
  name: deployment?.name ?? null,
  detail: deployment?.detail ?? null,
  restarts: deployment?.restarts ?? 0,
  release: deployment?.release ?? null,
  running_release: deployment?.runningRelease ?? null,
  node: deployment?.nodeName || null,
  updated_at: deployment ? renderTimestamp(deployment.updatedAt) : null,
});
