import { z } from "zod";
import { text, uuid, withDefault } from "../../http/index.ts";
import { approvalStates } from "./approval.ts";
import { approvalBefore } from "./approval-store.ts";

const REASON_MAX = 1_000;

const wireChange = z
  .object({
    field: z
      .string()
      .describe(
        "As the agent's record names it; `card` and a JSON pointer for what is in the card, such as `card/name`",
      ),
    before: z.unknown().optional().describe("Absent of what is added"),
    after: z.unknown().optional().describe("Absent of what is removed"),
  })
  .meta({ id: "AgentFieldChange" });
const changes = z.array(wireChange);
const version = z.string().describe("Names exactly this: whoever approves says it as `expected`");
const kind = z
  .enum(["agent", "change"])
  .describe("The agent itself, which was never approved; or a change of one that was");

/** What was decided of an agent, as its owner sees it. */
export const wireApproval = z
  .object({
    state: z.enum(approvalStates).describe("Only an approved agent is called, and seen by others than its owner"),
    reason: z.string().nullable().describe("In the words of whoever decided"),
    since: z.iso.datetime().nullable(),
    change: z.enum(["pending", "rejected"]).nullable().describe("What became of the last change of an approved agent"),
    detail: z.string().describe("What that means, in a sentence"),
  })
  .meta({ id: "AgentApproval" });

/** What waits, or was refused. */
export const wireProposal = z
  .object({ kind, version, reason: z.string().nullable(), since: z.iso.datetime(), changes })
  .meta({ id: "AgentProposal" });

export const wireApprovalEntry = z
  .object({
    agent_id: z.uuid(),
    agent_name: z.string().describe("As it is to be called, where that waits as well"),
    org_id: z.uuid().nullable(),
    kind,
    state: z.enum(["pending", "rejected", "suspended"]),
    reason: z.string().nullable(),
    since: z.iso.datetime(),
    version: version.nullable().describe("Null of a suspended agent: `resume` is all there is to decide"),
    changes,
  })
  .meta({ id: "AgentApprovalEntry" });
export const wireApprovalPage = z
  .object({ entries: z.array(wireApprovalEntry), next: z.string().nullable() })
  .meta({ id: "AgentApprovalList" });

export const approvalQuery = z.object({
  state: z.enum(["pending", "rejected", "suspended"]).default("pending"),
  kind: kind.optional(),
  org_id: uuid().optional().describe("Only agents of this organization"),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: approvalBefore,
});

const expected = text().max(64).nullish().describe("The `version` that was shown. Or as `If-Match`");
/** Body of `POST /agents/{id}/approve`. */
export const approving = z
  .object({ expected, reason: withDefault(text().max(REASON_MAX).nullable(), null) })
  .meta({ id: "AgentApproving" });
/** Body of `POST /agents/{id}/reject`. */
export const rejecting = z
  .object({ expected, reason: text().min(1).max(REASON_MAX).describe("Its owner is told") })
  .meta({ id: "AgentRejecting" });
/** Body of `POST /agents/{id}/suspend`. */
export const suspending = z
  .object({ reason: text().min(1).max(REASON_MAX).describe("Its owner is told") })
  .meta({ id: "AgentSuspending" });
/** Body of `POST /agents/{id}/resume`. */
export const resuming = z
  .object({ reason: withDefault(text().max(REASON_MAX).nullable(), null) })
  .meta({ id: "AgentResuming" });
