import { A2AError, dialects, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { bearerKey, idParams, isJsonObject, notFound, Problem, type RouteDefinition, route } from "../../http/index.ts";
import { Payload, translateEvent } from "../../routing/index.ts";
import { type Clock, hashKey } from "../../runtime/index.ts";
import { V1 } from "../agent-link.ts";
import { Ownership } from "../ownership.ts";
import { factsOfEvent } from "../task-facts.ts";
import type { TaskIndex } from "../task-index.ts";
import type { PushConfig, PushConfigs } from "./push-configs.ts";
import type { PushOutbox } from "./push-outbox.ts";

export interface PushRoutesOptions {
  configs: PushConfigs;
  outbox: PushOutbox;
  index: TaskIndex;
  clock: Clock;
}

/** Where agents send push notifications for callers of the gateway. */
export function pushRoutes({ configs, outbox, index, clock }: PushRoutesOptions): RouteDefinition[] {
  return [
    route({
      method: "POST",
      path: "/a2a/push/{id}",
      access: "public",
      tag: "A2A",
      summary: "Take an agent's push notification",
      description:
        "The agent shows the secret it was given with this address. What it sends is passed on to the caller.",
      params: idParams,
      body: z.custom<JsonObject>(isJsonObject, { error: "A notification is a JSON object" }).meta({ type: "object" }),
      keepBodyText: true,
      responses: {
        200: { description: "Taken, to be delivered" },
        400: { description: "No notification of this config's task" },
        401: { description: "The secret is missing or wrong" },
        404: { description: "No such config" },
        429: { description: "Too many notifications wait for this receiver" },
      },
      handler: async ({ params, body, bodyText, request }) => {
        const config = await configs.find(params.id);
        if (!config) throw notFound("Push notification config");
        demandSecret(request, config);
        const event = readEvent(body, bodyText, config);
        await takeNote(config, event, index, clock);
        if (await outbox.add(config, event)) return {};
        throw new Problem(429, "Too many notifications wait for this receiver", { headers: { "retry-after": "60" } });
      },
    }),
  ];
}

/** Whose notification a request is, as far as its secret tells: what names that share of the room for bodies. */
export async function notifierIn(configs: PushConfigs, request: FastifyRequest): Promise<string | undefined> {
  const params = idParams.safeParse(request.params);
  const config = params.success ? await configs.find(params.data.id) : undefined;
  return config && showsSecret(request, config) ? `agent:${config.agentId}` : undefined;
}

function showsSecret({ headers }: FastifyRequest, { secretHash }: PushConfig): boolean {
  const token = headers["x-a2a-notification-token"];
  const shown = bearerKey(headers.authorization) ?? [token].flat()[0];
  return shown !== undefined && hashKey(shown) === secretHash;
}

function demandSecret(request: FastifyRequest, config: PushConfig): void {
  if (showsSecret(request, config)) return;
  throw new Problem(401, "Show the secret that came with this address", { headers: { "www-authenticate": "Bearer" } });
}

/** A notification of either version in 1.0's shape; one of 1.0 as the bytes it came in. @throws Problem 400 for what is none. */
function readEvent(body: JsonObject, text: string, { version }: PushConfig): Payload {
  const isCurrent = ["task", "message", "statusUpdate", "artifactUpdate"].some((name) => isObject(body[name]));
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

/** The task that a notification speaks of must be the config's. */
async function takeNote(config: PushConfig, event: Payload, index: TaskIndex, clock: Clock): Promise<void> {
  const { task, message, statusUpdate, artifactUpdate } = event.object;
  const named = isObject(task)
    ? task.id
    : ([message, statusUpdate, artifactUpdate].find(isObject)?.taskId ?? undefined);
  if (config.taskId !== null && named !== config.taskId) {
    throw new Problem(400, "The notification is not about this config's task");
  }
  const facts = factsOfEvent(event.object);
  if (!facts || config.taskId === null) return;
  await new Ownership(config.agentId, config.owner, index, clock).record(facts);
}
