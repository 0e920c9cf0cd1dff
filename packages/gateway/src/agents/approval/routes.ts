import type { FastifyRequest } from "fastify";
import { actions } from "../../access/index.ts";
import { byCaller } from "../../audit/index.ts";
import { idParams, type Principal, Problem, type RouteDefinition, route } from "../../http/index.ts";
import { type Agent, toWireAgent } from "../agent.ts";
import { wireAgent, wireRefusedAgent, wireShownAgent } from "../fields.ts";
import type { Approvals } from "./approvals.ts";
import { approvalQuery, approving, rejecting, resuming, suspending, wireApprovalPage } from "./fields.ts";
import { toWireEntry, toWireProposal } from "./wire.ts";

const tag = {
  name: "Approvals",
  description: "Agents, and changes of agents, that wait until the admin approves them",
};
const fromNowOn = "The agent as it is from now on";
const shown = { 200: { description: fromNowOn, schema: wireShownAgent } };
const missing = { 404: { description: "No such agent" } };
const conflict = { 409: { description: "Something else waits than was shown, or nothing" } };
const EXPECTED = "5f0c2a1be1d24c67a2f0b8f2d1c3e4a5";

/** What waits for the admin, and what the admin decides (contract section 3, agents). */
export function approvalRoutes(approvals: Approvals): RouteDefinition[] {
  const answer = async (agent: Agent, caller: Principal) => ({
    ...toWireAgent(agent, caller),
    ...toWireProposal(await approvals.proposalOf(agent)),
  });
  const common = { method: "POST", action: actions.writeApprovals, tag, params: idParams } as const;
  return [
    route({
      method: "GET",
      path: "/approvals",
      action: actions.readApprovals,
      tag,
      operationId: "listApprovals",
      summary: "List what waits for approval, newest first",
      description:
        "Each entry shows what would change. A page may hold fewer than its `limit`, of large agents; `next` says whether it goes on.",
      query: approvalQuery,
      responses: { 200: { description: "What waits, was refused or is suspended", schema: wireApprovalPage } },
      handler: async ({ query }) => {
        const { state, kind, org_id: orgId, limit, before } = query;
        const { records, next } = await approvals.list({ state, kind, orgId }, { limit, before });
        return { entries: records.map(toWireEntry), next };
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/approve",
      operationId: "approveAgent",
      summary: "Approve an agent, or the change of it that waits",
      description:
        "Exactly what was shown: `expected` names its version, as `version` of the entry or of `pending` tells it. The addresses in it are " +
        "judged once more. A change of a suspended agent takes effect, and it stays suspended.",
      body: approving,
      bodyExample: { expected: EXPECTED, reason: "Looks fine" },
      responses: {
        200: { description: fromNowOn, schema: wireAgent },
        400: { description: "An address in it leads where nothing is called any more" },
        ...missing,
        ...conflict,
        428: { description: "Neither `expected` nor If-Match says what is approved" },
      },
      handler: async ({ params, body, request, caller }) => {
        const expected = body.expected ?? ifMatch(request);
        if (expected === undefined) throw versionMissing();
        const by = byCaller(caller, request);
        return toWireAgent(await approvals.approve(params.id, { by, reason: body.reason, expected }), caller);
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/reject",
      operationId: "rejectAgent",
      summary: "Refuse an agent, or the change of it that waits",
      description: "An agent that was approved before serves as it was. Its owner may change it, and that waits again.",
      body: rejecting,
      bodyExample: { expected: EXPECTED, reason: "The price is not what was agreed" },
      responses: { 200: { description: fromNowOn, schema: wireRefusedAgent }, ...missing, ...conflict },
      handler: async ({ params, body, request, caller }) => {
        const expected = body.expected ?? ifMatch(request);
        return answer(
          await approvals.reject(params.id, { by: byCaller(caller, request), reason: body.reason, expected }),
          caller,
        );
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/suspend",
      operationId: "suspendAgent",
      summary: "Suspend an agent",
      description:
        "From then on nobody calls it, on any node within a second. What is open ends as if its caller had left; other calls under way are " +
        "answered.",
      body: suspending,
      bodyExample: { reason: "It answers with other callers' data" },
      responses: { ...shown, ...missing, 409: { description: "It was never approved" } },
      handler: async ({ params, body, caller, request }) =>
        answer(await approvals.suspend(params.id, { ...body, by: byCaller(caller, request) }), caller),
    }),
    route({
      ...common,
      path: "/agents/{id}/resume",
      operationId: "resumeAgent",
      summary: "Let a suspended agent be called again",
      description: "As it was approved last.",
      body: resuming,
      bodyExample: { reason: "Mended" },
      responses: { ...shown, ...missing, 409: { description: "It is not suspended" } },
      handler: async ({ params, body, caller, request }) =>
        answer(await approvals.resume(params.id, { ...body, by: byCaller(caller, request) }), caller),
    }),
  ];
}

/** The one entity tag of `If-Match` (RFC 9110, section 13.1.1). */
function ifMatch({ headers }: FastifyRequest): string | undefined {
  const [, version] = /^\s*(?:W\/)?"?([0-9a-f]{1,64})"?\s*$/.exec(headers["if-match"] ?? "") ?? [];
  return version;
}

const versionMissing = () =>
  new Problem(428, "Say what you approve: `expected`, the version that was shown to you, or the same as If-Match", {
    code: "version_required",
  });
