import { A2AError, dialects, isObject, isPlainlyNamed, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import { z } from "zod";
import { actions } from "../../access/index.ts";
import { type Agent, type AgentRegistry, isServing, refusalOf } from "../../agents/index.ts";
import {
  idParams,
  isJsonObject,
  memberTexts,
  notFound,
  Problem,
  type RouteDefinition,
  repeatsName,
  route,
} from "../../http/index.ts";
import { Payload, translateEvent } from "../../routing/index.ts";
import { type Clock, hashKey } from "../../runtime/index.ts";
import { V1 } from "../agent-link.ts";
import { a2aTag } from "../documented.ts";
import { Ownership } from "../ownership.ts";
import { factsOfEvent, type TaskFacts } from "../task-facts.ts";
import type { TaskIndex } from "../task-index.ts";
import type { PushConfig, PushConfigs } from "./push-configs.ts";
import { NOTIFICATION_BYTES_MAX, noSecret, type PushIntake, secretIn } from "./push-intake.ts";
import type { PushOutbox } from "./push-outbox.ts";

export interface PushRoutesOptions {
  agents: Pick<AgentRegistry, "find">;
  configs: PushConfigs;
  intake: PushIntake;
  outbox: PushOutbox;
  index: TaskIndex;
  clock: Clock;
}

/** Where agents send push notifications for callers of the gateway. */
export function pushRoutes({ agents, configs, intake, outbox, index, clock }: PushRoutesOptions): RouteDefinition[] {
  return [
    route({
      method: "POST",
      path: "/a2a/push/{id}",
      action: actions.notifyTasks,
      tag: a2aTag,
      operationId: "takePushNotification",
      summary: "Take an agent's push notification",
      description:
        "The agent shows the secret it was given with this address. What it sends is passed on to the caller.",
      params: idParams,
      body: z.custom<JsonObject>(isJsonObject, { error: "A notification is a JSON object" }).meta({ type: "object" }),
      keepBodyText: true,
      bodyBytesMax: NOTIFICATION_BYTES_MAX,
      onHead: ({ params, headers, ip }) => intake.admit((params as { id: string }).id, headers, ip),
      responses: {
        200: { description: "Taken, to be delivered" },
        400: { description: "No notification of this config's task" },
        401: { description: "The secret is missing or wrong" },
        403: { description: "The agent is suspended" },
        404: { description: "No such config" },
        413: { description: "The notification is too large" },
        429: { description: "Too many notifications of this agent, or too many wait for this receiver" },
      },
      handler: ({ params, body, bodyText, request }) =>
        intake.take(params.id, request.headers, request.ip, bodyText, async () => {
          const config = await configs.find(params.id);
          if (!config) throw notFound("Push notification config");
          const shown = secretIn(request.headers);
          if (shown === undefined || hashKey(shown) !== config.secretHash) throw noSecret();
          const agent = await agents.find(config.agentId);
          if (agent && !isServing(agent)) throw notHeard(agent);
          const event = readEvent(body, bodyText, config);
          const facts = await takeNote(config, event, index, clock);
          if (!(await outbox.add(config, event))) {
            const headers = { "retry-after": "60" };
            throw new Problem(429, "Too many notifications wait for this receiver", { headers });
          }
          if (facts && isTerminal(facts.state)) await configs.finish(config.id);
          return {};
        }),
    }),
  ];
}

function notHeard(agent: Agent): Problem {
  const { detail, code } = refusalOf(agent);
  return new Problem(403, detail, { code });
}

const KINDS = ["task", "message", "statusUpdate", "artifactUpdate"];

/** A notification of either version in 1.0's shape; one of 1.0 as the bytes it came in. @throws Problem 400 for what is none. */
function readEvent(body: JsonObject, text: string, { version }: PushConfig): Payload {
  const isCurrent = KINDS.some((name) => isObject(body[name]));
  // Of what is passed on as it came, receivers must read what was judged.
  const repeats = () => {
    const members = memberTexts(text);
    return repeatsName(text) || KINDS.some((name) => repeatsName(members?.get(name) ?? "{}"));
  };
  if (!isPlainlyNamed(body) || repeats()) {
    throw new Problem(400, "A notification has each member once, and none that could be taken for another");
  }
  try {
    const event = isCurrent ? Payload.ofText(V1, text) : Payload.ofValue(V1, dialects["0.3"].fromEvent(body));
    // What its receiver could not be told is not taken in.
    if (version === "0.3") translateEvent(event, dialects["0.3"]);
    return event;
  } catch (error) {
    if (A2AError.isInstance(error)) throw new Problem(400, error.message);
    throw error;
  }
}

/** The task that a notification speaks of must be the config's. Answers what it says of the task's state, if anything. */
async function takeNote(
  config: PushConfig,
  event: Payload,
  index: TaskIndex,
  clock: Clock,
): Promise<TaskFacts | undefined> {
  const { task, message, statusUpdate, artifactUpdate } = event.object;
  const named = isObject(task)
    ? task.id
    : ([message, statusUpdate, artifactUpdate].find(isObject)?.taskId ?? undefined);
  if (config.taskId !== null && named !== config.taskId) {
    throw new Problem(400, "The notification is not about this config's task");
  }
  const facts = factsOfEvent(event.object);
  if (!facts || config.taskId === null) return undefined;
  await new Ownership(config.agentId, config.owner, index, clock).record(facts);
  return facts;
}
