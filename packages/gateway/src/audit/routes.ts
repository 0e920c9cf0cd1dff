import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, type KeyUse, type ListedAction, requestUse, subjectOf } from "../access/index.ts";
import {
  Exports,
  idParams,
  numeric,
  type Principal,
  type Problem,
  type RouteDefinition,
  route,
  text,
} from "../http/index.ts";
import { ID_SHAPE } from "../runtime/index.ts";
import { type AuditEntry, type LinkedRow, toWireEntry, toWireOrgEntry, wireAuditEntry, wireOrgEntry } from "./entry.ts";
import { exportFormats } from "./export.ts";
import type { AuditFilter, AuditReader } from "./reader.ts";

export interface AuditFaceOptions {
  reader: AuditReader;
  /** That there is such an organization, for who may do this to it. @throws Problem 403, 404 */
  demandOrg(id: string, caller: Principal, action: ListedAction): Promise<unknown>;
  /** Ends what was begun with a key once the key does not open it any more. */
  keyWatch: { watch(use: KeyUse, onEnded: (why: Problem) => void): () => void };
}

/** Who asks for it, and how. */
interface Asked {
  caller: Principal;
  action: ListedAction;
  request: FastifyRequest;
  reply: FastifyReply;
}

const tag = { name: "Audit", description: "Who changed what, when and from where" };
const pageOf = (entry: z.ZodType, id: string) =>
  z.object({ entries: z.array(entry), next: z.string().nullable().describe("`before` of the next page") }).meta({ id });
const wirePage = pageOf(wireAuditEntry, "AuditPage");
const wireOrgPage = pageOf(wireOrgEntry, "OrgAuditPage");
const kinds = ["admin", "org", "gateway"] as const;
const isKind = (actor: string | undefined): actor is (typeof kinds)[number] => kinds.some((kind) => kind === actor);

const time = z.iso.datetime({ offset: true });
const filters = {
  actor: text()
    .max(100)
    .optional()
    .describe(`\`${kinds.join("`, `")}\`, or the id of a key or an organization`),
  action: text().max(100).optional().describe("`agent.changed`, or `agent.` for all that is done to agents"),
  target: text().max(255).optional().describe("The id of what something was done to"),
  request_id: text().max(128).optional(),
  from: time.optional().describe("From this time on"),
  to: time.optional().describe("Before this time"),
  before: z.string().regex(ID_SHAPE, { error: "Take this from `next` of the page before" }).optional(),
  limit: numeric(z.int().min(1).max(500)).default(100),
  format: z
    .enum(["json", "ndjson", "csv"])
    .default("json")
    .describe("`json` answers a page, newest first; `ndjson` and `csv` all that matches, oldest first"),
};
const filterQuery = z.object(filters);
const textTypes = Object.values(exportFormats).map(({ contentType }) => contentType.split(";", 1)[0]!);
const common = {
  method: "GET",
  tag,
  description:
    "Every change that somebody made, with what was before and after; secrets are told by their digests. A page of a list that is filtered " +
    "may end early: `next` says whether there is more. `format=ndjson` and `csv` answer all of it, as one stream.",
} as const;
const busy = { 429: { description: "As many are written out as may be at once" } };

/** The audit log: the whole to the admin, what concerns an organization to it. */
export function auditRoutes({ reader, demandOrg, keyWatch }: AuditFaceOptions): RouteDefinition[] {
  const exports = new Exports();
  const answer = async (
    filter: AuditFilter,
    { before, limit, format }: Pick<z.output<typeof filterQuery>, "before" | "limit" | "format">,
    { caller, action, request, reply }: Asked,
    toWire: (row: LinkedRow) => AuditEntry,
  ) => {
    if (format === "json") {
      const { entries, next } = await reader.page(filter, { before, limit });
      return { entries: entries.map(toWire), next };
    }
    const { contentType, head, line } = exportFormats[format];
    async function* lines(over: AbortSignal) {
      if (head) yield head;
      for await (const rows of reader.all(filter, over)) yield rows.map((row) => line(toWire(row))).join("");
    }
    return exports.write({
      ...{ owner: subjectOf(caller), reply, contentType, filename: `audit.${format}`, lines },
      watch: (onEnded) => keyWatch.watch(requestUse(request, action), onEnded),
    });
  };
  return [
    route({
      ...common,
      path: "/audit",
      action: actions.readWholeAudit,
      operationId: "listAudit",
      summary: "See who changed what",
      query: z.object({ org_id: text().max(100).optional().describe("What concerns this organization"), ...filters }),
      responses: { 200: { description: "Changes", schema: wirePage, textTypes }, ...busy },
      handler: ({ query, ...asked }) =>
        answer(
          { orgId: query.org_id, ...filterOf(query) },
          query,
          { ...asked, action: actions.readWholeAudit },
          toWireEntry,
        ),
    }),
    route({
      ...common,
      path: "/orgs/{id}/audit",
      action: actions.readAudit,
      operationId: "listOrgAudit",
      summary: "See who changed what of an organization's",
      params: idParams,
      query: filterQuery,
      responses: {
        200: { description: "Changes", schema: wireOrgPage, textTypes },
        403: { description: "Another organization's" },
        404: { description: "No such organization" },
        ...busy,
      },
      handler: async ({ params, query, ...asked }) => {
        await demandOrg(params.id, asked.caller, actions.readAudit);
        const filter = { ...filterOf(query), orgId: params.id };
        return answer(filter, query, { ...asked, action: actions.readAudit }, toWireOrgEntry);
      },
    }),
  ];
}

function filterOf({ actor, action, target, request_id, from, to }: z.output<typeof filterQuery>): AuditFilter {
  return {
    ...(isKind(actor) ? { actorKind: actor } : { actor }),
    action,
    targetId: target,
    requestId: request_id,
    from: from === undefined ? undefined : microsOf(from),
    to: to === undefined ? undefined : microsOf(to),
  };
}

/** Also of a time that is told to the microsecond. */
function microsOf(time: string): bigint {
  const [, fraction = ""] = /\.(\d+)/.exec(time) ?? [];
  const whole = Date.parse(time.replace(/\.\d+/, ""));
  return BigInt(whole) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}
