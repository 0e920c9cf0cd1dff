import { A2AError, invalidParams, isObject, type JsonObject, toRestCreatePushConfigV03 } from "@agentgate/protocol/a2a";
import type { Dialer } from "../../outbound/index.ts";
import { Payload, translateResult } from "../../routing/index.ts";
import { hashKey, type Random, type Timestamps } from "../../runtime/index.ts";
import { type AgentLink, V1 } from "../agent-link.ts";
import type { A2ACall, ResultReply } from "../call.ts";
import { isKnownId } from "../known-id.ts";
import { type Ownership, taskNotFound } from "../ownership.ts";
import type { PushConfig, PushConfigs } from "./push-configs.ts";
import type { PushSecrets } from "./push-secrets.ts";

/** A send's parameters with the relay's address in place of the caller's. */
export interface RelayedParams {
  params: Payload;
  /** Tells which task the config belongs to, once it is known; undefined when the answer was no task. */
  bind(taskId: string | undefined): Promise<void>;
}

/** Whether a send's parameters, in 1.0's shape, carry a config. */
export function asksForPush({ configuration }: JsonObject): boolean {
  const given = isObject(configuration) ? configuration.taskPushNotificationConfig : undefined;
  return given !== undefined && given !== null;
}

export interface PushRelayOptions {
  configs: PushConfigs;
  secrets: PushSecrets;
  dialer: Dialer;
  random: Random;
  timestamps: Timestamps;
  publicUrl(): string;
}

/** Of what a caller says in a config, as JSON: addresses and credentials are short. */
const CONFIG_LENGTH_MAX = 4_096;
const CONFIGS_PER_TASK_MAX = 32;
const UPSTREAM_MS = 15_000;

/**
 * Stands between agents and their callers' webhooks: the agent is given the gateway's address and a secret of its own for each
 * config; the caller's address and credentials stay here (a2a.md, section 2.7). Answers show the caller what the caller has said.
 */
export class PushRelay {
  readonly #options: PushRelayOptions;

  constructor(options: PushRelayOptions) {
    this.#options = options;
  }

  /**
   * The config inside a send's parameters (1.0's shape) relayed; undefined when there is none.
   *
   * @param hold of the call, where somebody pays for it
   * @throws A2AError
   */
  async relayInline(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    { object }: Payload,
    hold: string | undefined,
  ): Promise<RelayedParams | undefined> {
    if (!asksForPush(object)) return undefined;
    const configuration = object.configuration as JsonObject;
    const given = configuration.taskPushNotificationConfig;
    if (!isObject(given)) throw invalidParams("taskPushNotificationConfig is an object");
    demandCapability(link);
    const { configs } = this.#options;
    const { config, upstream } = await this.#make(call, ownership, null, given);
    const { message } = object;
    const taskId = isObject(message) ? message.taskId : undefined;
    if (isKnownId(taskId)) await this.#replacedBy(config, taskId);
    await configs.insert({ ...config, hold: hold ?? null });
    return {
      params: Payload.ofValue(V1, {
        ...object,
        configuration: { ...configuration, taskPushNotificationConfig: upstream },
      }),
      bind: async (taskId) => {
        if (taskId === undefined) await configs.delete(config.id);
        else await configs.bind(config, taskId);
      },
    };
  }

  /** Create, get, list and delete. @throws A2AError */
  async handle(call: A2ACall, link: AgentLink, ownership: Ownership, { object }: Payload): Promise<ResultReply> {
    demandCapability(link);
    const { taskId } = await ownership.demandTask(object.taskId);
    const answer = (result: unknown): ResultReply => ({
      result: translateResult(call.operation, Payload.ofValue(V1, result), link.callerDialect),
    });
    switch (call.operation) {
      case "CreateTaskPushNotificationConfig":
        return answer(await this.#create(call, link, ownership, taskId, object));
      case "GetTaskPushNotificationConfig":
        if (!object.id && call.speech.version === "1.0") throw invalidParams("id is required");
        return answer(this.#shown(await this.#find(ownership, taskId, object.id)));
      case "ListTaskPushNotificationConfigs":
        return answer(this.#page(await this.#options.configs.ofTask(ownership.agentId, taskId), object));
      default:
        return answer(await this.#delete(link, ownership, taskId, object.id));
    }
  }

  async #create(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    taskId: string,
    given: JsonObject,
  ): Promise<JsonObject> {
    const { configs } = this.#options;
    const { config, upstream } = await this.#make(call, ownership, taskId, given);
    const replaced = await this.#replacedBy(config, taskId);
    if (replaced) await this.#deleteUpstream(link, replaced);
    // Known here before the agent may use it.
    await configs.bind(await configs.insert({ ...config, taskId: null }), taskId);
    try {
      await this.#createUpstream(link, { ...upstream, taskId });
    } catch (error) {
      await configs.delete(config.id);
      throw error;
    }
    return this.#shown({ ...config, taskId });
  }

  /**
   * Over 0.3's HTTP+JSON agents take the config alone, as the proto maps it, or the whole request: who cannot read the one is sent the
   * other, once.
   */
  async #createUpstream(link: AgentLink, config: JsonObject): Promise<void> {
    const create = (params: Payload) => link.request("CreateTaskPushNotificationConfig", params, UPSTREAM_MS);
    try {
      await create(Payload.ofValue(V1, config));
    } catch (error) {
      if (link.dialect.name !== "0.3-rest" || !isUnread(link, error)) throw error;
      await create(Payload.ofValue(link.dialect, toRestCreatePushConfigV03(config))).catch(() => Promise.reject(error));
    }
  }

  /** The task's config of the same name. @throws A2AError InvalidParams when there is none, and no room for one more */
  async #replacedBy({ agentId, configId }: PushConfig, taskId: string): Promise<PushConfig | undefined> {
    const existing = await this.#options.configs.ofTask(agentId, taskId);
    const replaced = existing.find((config) => config.configId === configId);
    if (replaced || existing.length < CONFIGS_PER_TASK_MAX) return replaced;
    throw invalidParams("This task has too many push notification configs");
  }

  async #make(
    call: A2ACall,
    { agentId, owner }: Ownership,
    taskId: string | null,
    given: JsonObject,
  ): Promise<{ config: PushConfig; upstream: JsonObject }> {
    const { dialer, random, secrets, timestamps, publicUrl } = this.#options;
    if (typeof given.url !== "string" || given.url === "")
      throw invalidParams("A push notification config needs a url");
    if (given.id != null && given.id !== "" && !isKnownId(given.id))
      throw invalidParams("id is no text that could be one");
    demandSecrets(given);
    if (JSON.stringify(given).length > CONFIG_LENGTH_MAX) {
      throw invalidParams(`A push notification config has ${CONFIG_LENGTH_MAX} characters at most`);
    }
    const verdict = await dialer.checkUrl(given.url);
    if (!verdict.ok) throw invalidParams(`Invalid push notification url: ${verdict.reason}`);
    const id = random.uuid();
    const secret = secrets.mint(id, agentId);
    const { taskId: _, tenant: __, ...said } = given;
    const config: PushConfig = {
      id,
      agentId,
      taskId,
      hold: null,
      configId: given.id || id,
      owner,
      version: call.speech.version,
      secretHash: hashKey(secret),
      said,
      createdAt: timestamps(),
    };
    const url = publicUrl() + pathOf(id);
    // An agent shows the credentials or, where it knows no authentication, the token.
    return { config, upstream: { id, url, token: secret, authentication: { scheme: "Bearer", credentials: secret } } };
  }

  /** 0.3 may leave the config's id out: then it is the first. */
  async #find({ agentId }: Ownership, taskId: string, id: unknown): Promise<PushConfig> {
    const all = await this.#options.configs.ofTask(agentId, taskId);
    const found = id === undefined || id === "" ? all[0] : all.find(({ configId }) => configId === id);
    if (!found) throw new A2AError("TaskNotFound", "Push notification config not found");
    return found;
  }

  /** Twice deleted is deleted. */
  async #delete(link: AgentLink, { agentId }: Ownership, taskId: string, id: unknown): Promise<JsonObject> {
    if (typeof id !== "string" || id === "") throw invalidParams("id is required");
    const all = await this.#options.configs.ofTask(agentId, taskId);
    const config = all.find(({ configId }) => configId === id);
    if (config) {
      await this.#deleteUpstream(link, config);
      await this.#options.configs.delete(config.id);
    }
    return {};
  }

  /** What the agent still sends afterwards finds no config here; so its refusal changes nothing. */
  async #deleteUpstream(link: AgentLink, config: PushConfig): Promise<void> {
    const id = await this.#idAtAgent(link, config).catch(() => config.id);
    const params = Payload.ofValue(V1, { taskId: config.taskId, id });
    await link.request("DeleteTaskPushNotificationConfig", params, UPSTREAM_MS).catch(() => {});
  }

  /** Agents may name configs as they like, and tell no name for one that came with a message: its address is what is known. */
  async #idAtAgent(link: AgentLink, { id, taskId }: PushConfig): Promise<unknown> {
    const operation = "ListTaskPushNotificationConfigs";
    const { result } = await link.request(operation, Payload.ofValue(V1, { taskId }), UPSTREAM_MS);
    const { configs } = translateResult(operation, result, V1).object;
    const isThis = (config: unknown) => isObject(config) && String(config.url).endsWith(pathOf(id));
    const named = Array.isArray(configs) ? configs.find(isThis)?.id : undefined;
    return named || id;
  }

  #shown({ said, configId, taskId }: PushConfig): JsonObject {
    if (taskId === null) throw taskNotFound(undefined);
    return { ...said, id: configId, taskId };
  }

  #page(all: PushConfig[], { pageSize, pageToken }: JsonObject): JsonObject {
    const token = pageToken ?? "";
    if (token !== "" && !/^\d{1,4}$/.test(String(token))) throw invalidParams("pageToken is not one of this list's");
    if (pageSize != null && !(Number.isInteger(pageSize) && (pageSize as number) >= 0)) {
      throw invalidParams("pageSize is a number, 0 or more");
    }
    const start = Number(token);
    // ProtoJSON's 0 is a size left out.
    const size = (pageSize as number) || all.length;
    const end = start + size;
    return {
      configs: all.slice(start, end).map((config) => this.#shown(config)),
      nextPageToken: end < all.length ? `${end}` : "",
    };
  }
}

/** Whether an agent has refused a body that it could not read. */
function isUnread(link: AgentLink, error: unknown): boolean {
  const status = A2AError.isInstance(error) ? error.status : link.failure(error).upstreamStatus;
  return status === 400 || status === 422 || status === 500;
}

/** Where the agent sends what it has to tell: no two configs have one path. */
const pathOf = (id: string): string => `/a2a/push/${id}`;

/** What the deliveries will carry. 0.3's configs may name no scheme. */
function demandSecrets({ token, authentication }: JsonObject): void {
  const isText = (value: unknown) => value == null || (typeof value === "string" && /^[\x20-\x7e]*$/.test(value));
  if (!isText(token)) throw invalidParams("A push notification config's token is printable ASCII: it goes in a header");
  if (authentication == null) return;
  if (!isObject(authentication) || !isText(authentication.scheme) || !isText(authentication.credentials)) {
    throw invalidParams("authentication is an object with a scheme and credentials in printable ASCII");
  }
}

function demandCapability({ card }: AgentLink): void {
  if (card.capabilities.pushNotifications) return;
  throw new A2AError("PushNotificationNotSupported", "This agent sends no push notifications");
}
