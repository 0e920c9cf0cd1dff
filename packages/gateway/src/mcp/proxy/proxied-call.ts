import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { type Agent, type AgentSkill, shareOwner } from "../../agents/index.ts";
import { Problem } from "../../http/index.ts";
import type { SchemaChecks } from "../../json-schema/index.ts";
import { OutboundError } from "../../outbound/index.ts";
import { type AgentCall, type AgentOutcome, failureOf, type OutgoingTask } from "../../routing/index.ts";
import { isAnswerTo, isEventStream, type Passage, type Passing } from "./passage.ts";
import { isPiece } from "./passed-messages.ts";

/** What a server answered a call, as it came. */
export interface ServerAnswer {
  status: number;
  message: JsonObject;
}

export interface ProxiedCallOptions {
  passage: Passage;
  checks: SchemaChecks;
  passing: Omit<Passing, "timeoutMs" | "headers" | "meter"> & { headers: Readonly<Record<string, string>> };
  /** What the caller calls the request, as JSON. */
  id: string;
  skill: AgentSkill | undefined;
  /** Tells the caller a message before the answer; answers whether it has it. */
  tell(message: JsonObject): boolean | Promise<boolean>;
  /** Handed the answer, before anything is paid for it. */
  answered(answer: ServerAnswer): void;
}

/** One `tools/call` to an agent's server, as the pipeline knows calls: what comes of it decides whether it is paid for. */
export function proxiedCall(agent: Agent, task: OutgoingTask, options: ProxiedCallOptions): AgentCall {
  const stop = new AbortController();
  let hasDelivered = false;
  const run = async (): Promise<AgentOutcome> => {
    const { passage, passing, id } = options;
    const call = await passage.open({
      ...passing,
      headers: { ...task.headers, ...passing.headers },
      timeoutMs: task.timeoutMs,
      meter: task.meter,
    });
    stop.signal.addEventListener("abort", () => call.abort());
    if (stop.signal.aborted) call.abort();
    const head = await call.response;
    const { status } = head;
    let message: JsonObject | undefined;
    if (isEventStream(head)) {
      await passage.messages(head, agent, (one) => {
        task.meter.events++;
        if (isAnswerTo(one, id)) {
          message = one;
          return false;
        }
        const taken = options.tell(one);
        const note = (isTaken: boolean) => {
          if (isTaken && isPiece(one)) hasDelivered = true;
          return true;
        };
        return taken instanceof Promise ? taken.then(note) : note(taken);
      });
    } else {
      message = await passage.message(head, agent);
    }
    if (!message) throw new OutboundError("reset", "the server did not answer");
    options.answered({ status, message });
    return outcomeOf(agent, message, options);
  };
  const outcome = run().catch((error): AgentOutcome => {
    const isLeft = OutboundError.isInstance(error) && error.kind === "aborted";
    if (isLeft && hasDelivered) return { ok: true, body: "null", isPartial: true };
    if (error instanceof Problem) {
      return {
        ok: false,
        failure: { status: error.status, detail: error.message, logged: error.code.replace(/^agent_/, "") },
      };
    }
    return { ok: false, failure: failureOf(agent, error) };
  });
  return { outcome, abort: () => stop.abort() };
}

/** A turn is paid for unless the tool failed, or answered what its schema does not allow. */
function outcomeOf(agent: Agent, { error, result }: JsonObject, { skill, checks }: ProxiedCallOptions): AgentOutcome {
  if (isObject(error)) return failed(`Agent returned error: ${String(error.message).slice(0, 500)}`, "mcp_error");
  if (!isObject(result)) return failed("The MCP server answered no result", "invalid_response");
  if (result.isError === true) return failed("The tool failed", "tool_error");
  const isWhole = result.resultType === undefined || result.resultType === "complete";
  if (isWhole && skill?.outputSchema) {
    const key = `${skill.digest} output`;
    const findings = checks.findings(skill.outputSchema, result.structuredContent, { key, owner: shareOwner(agent) });
    if (result.structuredContent === undefined || findings.length > 0) {
      return failed("The tool answered what its schema does not allow", "invalid_response");
    }
  }
  return { ok: true, body: JSON.stringify(result) };
}

const failed = (detail: string, logged: string): AgentOutcome => ({
  ok: false,
  failure: { status: 502, detail, logged },
});
