import { z } from "zod";

/** What the operations of the protocol are grouped as in the OpenAPI document. */
export const a2aTag = { name: "A2A", description: "Call agents with any client of the A2A protocol, 1.0 or 0.3" };

// The protocol's objects as far as the OpenAPI document tells of them; more members may be there.

const text = z.string();
const metadata = z.record(z.string(), z.unknown()).optional();
const part = z
  .looseObject({
    text: text.optional(),
    raw: text.optional().describe("Bytes in base64"),
    url: text.optional(),
    data: z.unknown().optional(),
    mediaType: text.optional(),
    filename: text.optional(),
    metadata,
  })
  .meta({ id: "Part", description: "One of text, raw, url and data" });
const message = z
  .looseObject({
    messageId: text,
    role: z.enum(["ROLE_USER", "ROLE_AGENT"]),
    parts: z.array(part),
    taskId: text.optional().describe("To go on with a task, or to answer its question"),
    contextId: text.optional(),
    metadata,
  })
  .meta({ id: "Message" });
export const pushConfig = z
  .looseObject({
    id: text.optional(),
    url: text.describe("Where the caller takes notifications"),
    token: text.nullish().describe("Comes back as X-A2A-Notification-Token"),
    authentication: z
      .looseObject({ scheme: text.nullish(), credentials: text.nullish() })
      .nullish()
      .describe("Comes back as Authorization"),
  })
  .meta({ id: "PushNotificationConfig" });
export const sendRequest = z
  .looseObject({
    message,
    configuration: z
      .looseObject({
        acceptedOutputModes: z.array(text).optional(),
        historyLength: z.int().min(0).optional(),
        returnImmediately: z.boolean().optional().describe("Do not wait for the end of the agent's turn"),
        taskPushNotificationConfig: pushConfig.optional(),
      })
      .optional(),
    metadata,
  })
  .meta({ id: "SendMessageRequest" });
const artifact = z
  .looseObject({ artifactId: text.optional(), parts: z.array(part).optional() })
  .meta({ id: "Artifact" });
export const task = z
  .looseObject({
    id: text,
    contextId: text.optional(),
    status: z
      .looseObject({ state: text.describe("TASK_STATE_WORKING, TASK_STATE_COMPLETED, …") })
      .meta({ id: "TaskStatus" }),
    artifacts: z.array(artifact).optional(),
  })
  .meta({ id: "A2ATask" });
export const taskPage = z
  .object({ tasks: z.array(task), nextPageToken: text, pageSize: z.int(), totalSize: z.int() })
  .meta({ id: "TaskPage" });
export const sendAnswer = z
  .looseObject({ task: task.optional(), message: message.optional() })
  .meta({ id: "SendMessageResponse" });
export const pushConfigs = z.looseObject({ configs: z.array(pushConfig) }).meta({ id: "PushNotificationConfigList" });
export const rpcEnvelope = { jsonrpc: z.literal("2.0"), id: z.union([text, z.number(), z.null()]) };

/** As the proto answers where there is nothing to say. */
export const empty = z.object({}).meta({ id: "Empty" });

/** A card of either version, as the OpenAPI document has it. */
export const agentCard = z.record(z.string(), z.unknown()).meta({ id: "AgentCard" });
