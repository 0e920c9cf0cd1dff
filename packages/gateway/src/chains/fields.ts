import { SKILL_ID_MAX } from "@agentgate/protocol";
import { z } from "zod";
import { headerKey, text, uuid, withDefault } from "../http/index.ts";

/** What a chain may hold: steps, characters of its texts, and bytes of all its steps as JSON. */
export const chainLimits = {
  steps: 20,
  name: 255,
  description: 10_000,
  template: 10_000,
  stepsBytes: 65_536,
} as const;

const name = text().min(1).max(chainLimits.name);
const description = text().max(chainLimits.description);
const step = z
  .object({
    agent_id: uuid(),
    input_template: text()
      .max(chainLimits.template)
      .nullish()
      .describe(
        "What the agent is told: `{input}` stands for the run's input, `{previous}` for what the step before said, `{previous.total}` for a member of that, `{input:json}` for " +
          "the same as JSON. Without one the agent is told what the step before said",
      ),
    skill: text()
      .min(1)
      .max(SKILL_ID_MAX)
      .nullish()
      .describe(
        "Id of the agent's skill that the step is for, which is what it costs; without one it costs what the agent does",
      ),
    agent_api_key: headerKey()
      .max(512)
      .nullish()
      .describe(
        "The agent's own key, where callers need one. Kept encrypted, it never comes back; in a change, null keeps the one there is and an empty text clears it",
      ),
  })
  .meta({ id: "NewChainStep" });
const steps = z
  .array(step)
  .min(1)
  .max(chainLimits.steps)
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= chainLimits.stepsBytes, {
    error: `Steps may take ${chainLimits.stepsBytes} bytes at most`,
  });

export type GivenStep = z.output<typeof step>;

/** Body of `POST /chains/` (contract section 7). */
export const chainCreation = z
  .object({
    name,
    description: withDefault(description, ""),
    steps,
    org_id: withDefault(uuid().nullable(), null).describe(
      "Whose chain it is, where the admin makes it; an organization's key makes its own",
    ),
  })
  .meta({ id: "NewChain" });

/** Body of `PUT /chains/{id}`: null and absent leave a field as it is. */
export const chainUpdate = z
  .object({ name: name.nullish(), description: description.nullish(), steps: steps.nullish() })
  .meta({ id: "ChainChanges" });

/** Body of a run. */
export const chainInput = z.object({ input: withDefault(text(), "") }).meta({ id: "ChainInput" });

/** A chain as answered, for the documentation. */
export const wireChain = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    steps: z.array(
      z
        .object({
          agent_id: z.uuid(),
          input_template: z.string().nullable(),
          skill: z.string().nullable().describe("Of the agent's skills the one that the step is for"),
          has_agent_api_key: z.boolean().describe("Whether a key of the agent is kept for the step"),
        })
        .meta({ id: "ChainStep" }),
    ),
    org_id: z.uuid().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "Chain" });

const traceEntry = z
  .object({
    step: z.int().describe("From 1"),
    agent_id: z.uuid(),
    agent_name: z.string().describe("Empty where the agent does not exist any more"),
    status: z.enum(["success", "error"]),
    input: z.string().optional().describe("What the agent was told"),
    output: z.string().optional().describe("The text of what it said, or else its JSON"),
    raw_response: z
      .unknown()
      .optional()
      .describe("What a task of this agent is answered; of a priced agent with `ucp`"),
    error: z.string().optional().describe("Of a step that failed"),
    error_code: z.string().optional().describe("Machine-readable name of the error"),
    error_status: z.int().optional().describe("The status that a task of this agent would have been answered with"),
    latency_ms: z.number(),
  })
  .meta({ id: "ChainTraceEntry" });

/** What a run answers, for the documentation. */
export const wireRun = z
  .object({
    chain_id: z.uuid(),
    chain_name: z.string(),
    status: z.enum(["success", "error"]),
    final_output: z.string().optional().describe("What the last step said; of a run that succeeded"),
    trace: z.array(traceEntry).describe("The steps that were taken; of a run that failed, the last one says why"),
    trace_id: z.string().describe("Of the run's trace, which every agent got as `traceparent`"),
  })
  .meta({ id: "ChainRun" });
