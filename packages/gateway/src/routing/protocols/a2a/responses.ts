import {
  A2AError,
  type AgentInterface,
  type Dialect,
  isObject,
  isPlainlyNamed,
  type JsonObject,
  plainlyNamed,
} from "@agentgate/protocol/a2a";
import { memberTexts, parseExact, parseSpelled } from "../../../http/index.ts";
import type { OutboundHeaders } from "../../../outbound/index.ts";
import type { TurnQueue } from "../../../runtime/index.ts";
import { exceededAnswerBound } from "../answer-json.ts";
import { Payload } from "./payload.ts";
import { UpstreamStatusError } from "./upstream-error.ts";

/**
 * The result in an agent's answer to one request.
 *
 * @throws A2AError the agent's own, or InvalidAgentResponse; UpstreamStatusError for an answer that is none of the protocol
 */
export function readAnswer(target: AgentInterface, dialect: Dialect, status: number, body: Buffer): Payload {
  const reading = answerReading(target, dialect, status, body);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
  }
}

/**
 * The same of a large one, whose reading would hold up everybody else for long: in pieces, when it has its turn. It is read also when its
 * caller leaves meanwhile: what the agent has completed is paid for.
 */
export const readLargeAnswer = (turns: TurnQueue, ...answer: Parameters<typeof readAnswer>): Promise<Payload> =>
  turns.run(largeReading(answer));

function* largeReading(answer: Parameters<typeof readAnswer>): Generator<undefined, Payload> {
  const payload = yield* answerReading(...answer);
  yield;
  // What it holds is looked at by all who pass it on; and that it is passed on is a piece of work, too.
  void payload.value;
  yield;
  return payload;
}

/** May be left where it yields, and gone on with later. */
function* answerReading(
  target: AgentInterface,
  dialect: Dialect,
  status: number,
  body: Buffer,
): Generator<undefined, Payload> {
  const text = withoutMark(body.toString("utf8"));
  yield;
  const isGood = status >= 200 && status < 300;
  const exceeded = exceededAnswerBound(text);
  if (exceeded) throw isGood ? tooMuch(exceeded) : new UpstreamStatusError(status, body);
  yield;
  const value = parsed(text);
  yield;
  if (target.binding === "JSONRPC") {
    return readEnvelope(dialect, text, value, () => (isGood ? invalid() : new UpstreamStatusError(status, body)));
  }
  if (isGood) return text.trim() === "" ? Payload.ofText(dialect, "{}") : readWhole(dialect, text, value);
  if (typeof value !== "object" || value === null) throw new UpstreamStatusError(status, body);
  const told = restError(status, value, text);
  throw isPlainHttp(status) && !isNamed(told, value) ? new UpstreamStatusError(status, body) : told;
}

/** Some write a byte order mark, which JSON does not know. */
const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/** Statuses that a server, or a proxy before it, answers for reasons of its own. */
const isPlainHttp = (status: number): boolean =>
  [401, 402, 403, 407, 408, 413, 429].includes(status) || (status >= 500 && status !== 501);

/** Whether the body itself names an error of the protocol: by its reason, or as 0.3 does, by its code. */
function isNamed({ data, code }: A2AError, body: object): boolean {
  const stated = isObject(body) && (isObject(body.error) ? body.error.code : body.code);
  return data !== undefined || stated === code;
}

const EVENT_KINDS = ["task", "message", "statusUpdate", "artifactUpdate"];

/**
 * Whether an event has a name of its own and is none of A2A, such as the pings of some servers: the name tells events apart (HTML, section
 * 9.2.6), and those are nobody's answer.
 */
export function isBeside(target: AgentInterface, dialect: Dialect, type: string | undefined, data: string): boolean {
  if (type === undefined || type === "message" || type === "error") return false;
  // That a text is no JSON is said at fifty times the cost of reading one that is.
  const value = !/^\s*\{/.test(data) || exceededAnswerBound(data) ? undefined : parsed(data);
  if (!isObject(value)) return true;
  if (target.binding === "JSONRPC") return !("result" in value || "error" in value);
  try {
    const said = dialect.fromEvent(value);
    return !EVENT_KINDS.some((kind) => isObject(said[kind]));
  } catch {
    return true;
  }
}

/** The event in one `data` of an agent's stream. @throws A2AError when it tells an error */
export function readEvent(target: AgentInterface, dialect: Dialect, type: string | undefined, data: string): Payload {
  const exceeded = exceededAnswerBound(data);
  if (exceeded) throw tooMuch(exceeded);
  const error = parsed(data);
  if (target.binding === "JSONRPC") return readEnvelope(dialect, data, error, invalid);
  if (type !== "error") return readWhole(dialect, data, error);
  throw isObject(error) && "jsonrpc" in error ? jsonRpcError(error.error, data) : restError(500, error, data);
}

/** @param text of the envelope that this error stands in */
function jsonRpcError(error: unknown, text: string): A2AError {
  const spelled = isObject(error) ? (parseSpelled(memberTexts(text)!.get("error")!) as JsonObject) : {};
  return A2AError.fromJsonRpc(isObject(error) ? { ...error, data: spelled.data } : error);
}

/** @param text what the body was parsed from */
function restError(status: number, body: unknown, text: string): A2AError {
  if (!isObject(body)) return A2AError.fromRest(status, body);
  const spelled = parseSpelled(text) as JsonObject;
  const [error, { details }] = isObject(body.error) ? [body.error, spelled.error as JsonObject] : [body, spelled];
  return A2AError.fromRest(status, { error: { ...error, details } });
}

function readEnvelope(dialect: Dialect, text: string, envelope: unknown, otherwise: () => Error): Payload {
  if (!isObject(envelope)) throw otherwise();
  const { jsonrpc, error, result } = envelope;
  if (error !== undefined && error !== null) {
    // Servers and proxies speak of an `error` of their own, too.
    if (jsonrpc !== "2.0" && !(isObject(error) && Number(error.code) < 0)) throw otherwise();
    throw jsonRpcError(error, text);
  }
  if (result === undefined) throw otherwise();
  return told(dialect, memberTexts(text)!.get("result")!, result);
}

/** What an agent tells, without members that some reader could take for others than the gateway judges it by. */
function told(dialect: Dialect, text: string, value: unknown): Payload {
  if (!isObject(value) || isPlainlyNamed(value)) return Payload.ofText(dialect, text, value);
  return Payload.ofValue(dialect, plainlyNamed(parseExact(text) as JsonObject));
}

/** What would have to be built, and is not: it would take a hundred times its text, and hold up everybody while it is made. */
const tooMuch = (exceeded: string) => new A2AError("InvalidAgentResponse", `The agent's answer ${exceeded}`);

const invalid = () => new A2AError("InvalidAgentResponse", "The agent's answer is no A2A answer");

function readWhole(dialect: Dialect, text: string, value: unknown): Payload {
  if (value === undefined) throw invalid();
  return told(dialect, text, value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isEventStream = (headers: OutboundHeaders): boolean =>
  /^text\/event-stream\b/i.test(String(headers["content-type"] ?? ""));

/** The extensions that the agent says it used. */
export const extensionsIn = (headers: OutboundHeaders): string | undefined => {
  const value = headers["a2a-extensions"] ?? headers["x-a2a-extensions"];
  return value === undefined ? undefined : [value].flat().join(", ");
};
