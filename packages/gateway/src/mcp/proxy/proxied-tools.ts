import { hash } from "node:crypto";
import { META_PREFIX } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { AgentRegistry, McpTools } from "../../agents/index.ts";
import { memberTexts, Problem } from "../../http/index.ts";
import type { SchemaChecks } from "../../json-schema/index.ts";
import { paramHeaders } from "../../mcp-servers/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import type { Looked, TaskCaller, TaskPipeline, TaskRun } from "../../routing/index.ts";
import { type Clock, pause } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { keyOfCall } from "../calls/idempotency-key.ts";
import { problemResult, receiptIn } from "../calls/tool-result.ts";
import type { AgentVisit } from "../visit.ts";
import type { Channel } from "../wire/channel.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import type { Passage } from "./passage.ts";
import { inward, outward, outwardBeside } from "./passed-messages.ts";
import { sessionOf } from "./passing-on.ts";
import { proxiedCall, type ServerAnswer } from "./proxied-call.ts";
import type { ProxyVisit } from "./proxy-visit.ts";
import type { SealedNames } from "./sealed-names.ts";

export interface ProxiedToolsOptions {
  passage: Passage;
  pipeline: TaskPipeline;
  agents: Pick<AgentRegistry, "skills">;
  tools: Pick<McpTools, "fresh">;
  checks: SchemaChecks;
  keyWatch: Pick<KeyWatch, "watch">;
  storage: Pick<Storage, "changes">;
  clock: Pick<Clock, "after">;
}

const CANCELLED_TOPIC = "mcp_cancelled";
/** Within this the node that a call is under way on has heard that it is cancelled, unless it is overloaded. */
const HEARD_MS = 2_000;

/** `tools/call` of an agent's server: a task of the pipeline, whose answer goes to its caller as the server gave it. */
export class ProxiedTools {
  readonly #options: ProxiedToolsOptions;
  /** How calls under way are stopped, by what their callers call them. */
  readonly #underWay = new Map<string, () => void>();

  constructor(options: ProxiedToolsOptions) {
    this.#options = options;
    // Told that any may be meant, none is stopped.
    options.storage.changes.subscribe(CANCELLED_TOPIC, (names) => {
      for (const name of names ?? []) this.#underWay.get(name)?.();
    });
  }

  /** @throws McpError, Problem for what is refused before the server is asked */
  async call(visit: AgentVisit, message: JsonObject, names: SealedNames): Promise<FastifyReply> {
    const { looked, caller, channel, request, era } = visit;
    const { agents, pipeline, passage, checks, keyWatch, tools } = this.#options;
    const params = isObject(message.params) ? message.params : {};
    const { name, arguments: args = {} } = params;
    if (typeof name !== "string") throw invalidParams("A call names its tool", "unknown_tool");
    if (!isObject(args)) throw invalidParams("arguments is an object");
    await tools.fresh(looked.agent);
    const skill = (await agents.skills(looked.agent)).find(({ id }) => id === name);
    if (!skill || (skill.state !== "live" && skill.state !== "changed")) {
      throw invalidParams(`There is no tool ${name.slice(0, 100)} here`, "unknown_tool");
    }
    const told = inward(message, names);
    const session = sessionOf(request, names);
    const order = { message: { parts: [{ type: "data", data: { tool: name, arguments: args } }] } };
    let answer: ServerAnswer | undefined;
    let run: TaskRun;
    try {
      run = await pipeline.run(
        {
          ...caller,
          looked,
          idempotencyKey: keyOfCall(caller.idempotencyKey, visit.message),
          entrance: "mcp",
          operation: "tools/call",
          answersAs: "mcp proxy",
          task: order,
          body: JSON.stringify([order, params.inputResponses ?? null]),
        },
        ({ agent }, task) =>
          proxiedCall(agent, task, {
            ...{ passage, checks, skill, id: visit.message.id },
            passing: {
              ...{ agent, method: "POST" as const, request, message: told, isModern: era.isModern, session },
              headers: skill.inputSchema ? paramHeaders(skill.inputSchema, args) : {},
            },
            tell: (one) => {
              const said = outwardBeside(one, names);
              return said !== undefined && channel.tell(said, (lagging, sink) => run.awaitReader(lagging, sink));
            },
            answered: (one) => {
              answer = one;
            },
          }),
        {},
      );
    } catch (error) {
      return this.#refused(error, channel, caller);
    }
    channel.onLeave(() => run.cancel());
    const stop = (why: Problem) => {
      channel.complete(problemResult(why));
      run.cancel();
    };
    const stopWatching = channel.await(() => keyWatch.watch(run.keyUse, stop));
    const called = nameOfCall(looked, request, visit.message.id);
    const cancel = () => stop(new Problem(499, "The caller has cancelled the call", { code: "cancelled" }));
    this.#underWay.set(called, cancel);
    try {
      const { body, headers } = await run.answer;
      const result = resultIn(body);
      const whole = answer?.message ?? { jsonrpc: "2.0", id: message.id, result: result.value };
      return channel.pass(withReceipt(outward(whole, names), result.receipt), answer?.status ?? 200, headers);
    } catch (error) {
      // What the server said of its failure is more than what the gateway makes of it.
      if (answer && isRefusal(answer.message)) return channel.pass(outward(answer.message, names), answer.status);
      if (!(error instanceof Problem)) throw error;
      return channel.complete(problemResult(error), { headers: error.headers });
    } finally {
      stopWatching();
      if (this.#underWay.get(called) === cancel) this.#underWay.delete(called);
    }
  }

  /**
   * A caller who cancels its call has left it, whatever the server makes of that: what it was told until then is paid for. Resolves when the
   * call is stopped, on whichever node it is: a server that heard of it before would have failed, and nothing would be paid.
   */
  async cancel({ looked, request }: ProxyVisit, { method, params }: JsonObject): Promise<void> {
    if (method !== "notifications/cancelled" || !isObject(params)) return;
    const name = nameOfCall(looked, request, JSON.stringify(params.requestId));
    const stop = this.#underWay.get(name);
    if (stop) return stop();
    const { storage, clock } = this.#options;
    const told = storage.changes.change(CANCELLED_TOPIC, async () => {}, [name]);
    await Promise.all([told.catch(() => {}), pause(clock, HEARD_MS)]);
  }

  /** Before the server was asked: what models can do something about is a result. */
  #refused(error: unknown, channel: Channel, { bearer, payerKey }: TaskCaller): FastifyReply {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 402 && bearer === undefined && payerKey === undefined) {
      throw new Problem(401, error.message, { code: error.code });
    }
    if (!FOR_MODELS.has(error.status)) throw error;
    const members = Array.isArray(error.detail)
      ? { findings: error.detail.map(({ loc, msg }) => ({ pointer: pointerOf(loc), message: msg })) }
      : {};
    return channel.complete(problemResult(error, { members }), { headers: error.headers });
  }
}

/** @param id what the caller calls the request, as JSON */
const nameOfCall = ({ agent, callerScope }: Looked, { headers }: FastifyRequest, id: string | undefined): string =>
  hash("sha256", JSON.stringify([agent.id, callerScope, headers["mcp-session-id"], id]), "hex");

const isRefusal = ({ error, result }: JsonObject): boolean =>
  isObject(error) || (isObject(result) && result.isError === true);

/** The pipeline's answer: of a priced agent beside what it cost. */
function resultIn(body: string): { value: unknown; receipt: JsonObject | undefined } {
  const members = memberTexts(body);
  const [ucp, result] = [members?.get("ucp"), members?.get("result")];
  if (ucp === undefined || result === undefined) return { value: JSON.parse(body), receipt: undefined };
  return { value: JSON.parse(result), receipt: receiptIn(JSON.parse(ucp)) };
}

function withReceipt(message: JsonObject, receipt: JsonObject | undefined): JsonObject {
  if (!receipt || !isObject(message.result)) return message;
  const { _meta, ...result } = message.result;
  return {
    ...message,
    result: { ...result, _meta: { ...(isObject(_meta) && _meta), [`${META_PREFIX}receipt`]: receipt } },
  };
}

const FOR_MODELS = new Set([402, 409, 410, 422, 429, 502, 503, 504, 508]);

/** Into the arguments. */
const pointerOf = (loc: readonly (string | number)[]): string => {
  const at = loc.indexOf("arguments");
  return at === -1
    ? ""
    : loc
        .slice(at + 1)
        .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
        .join("");
};
