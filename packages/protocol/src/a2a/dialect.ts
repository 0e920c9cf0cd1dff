import { A2AError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { withoutNulls } from "./null-members.ts";
import type { Operation } from "./operations.ts";
import { fromParamsV03, toParamsV03 } from "./v0-3/params.ts";
import { fromResultV03, toResultV03 } from "./v0-3/result.ts";
import { fromEventV03, toEventV03 } from "./v0-3/task.ts";
import { fromRestParamsV03, fromRestResultV03, toRestParamsV03, toRestResultV03 } from "./v0-3-rest/exchange.ts";
import { fromRestEventV03, toRestEventV03 } from "./v0-3-rest/task.ts";
import type { A2AVersion } from "./version.ts";

export type Binding = "JSONRPC" | "HTTP+JSON";

/** The shapes on the wire: 1.0's are one in both bindings, 0.3's are two. */
export type DialectName = "1.0" | "0.3" | "0.3-rest";

/** How one dialect's JSON becomes 1.0's and back. Every function is pure and keeps members that it does not know. */
export interface Dialect {
  readonly name: DialectName;
  /** @throws A2AError InvalidParams */
  fromParams(operation: Operation, params: JsonObject): JsonObject;
  toParams(operation: Operation, params: JsonObject): JsonObject;
  /** @throws A2AError InvalidAgentResponse */
  fromResult(operation: Operation, result: unknown): unknown;
  toResult(operation: Operation, result: unknown): unknown;
  fromEvent(event: unknown): JsonObject;
  /** @param closing the stream ends after this event */
  toEvent(event: unknown, closing?: boolean): unknown;
}

const same = {
  fromParams: (_: Operation, params: JsonObject) => params,
  toParams: (_: Operation, params: JsonObject) => params,
  fromResult: (_: Operation, result: unknown) => result,
  toResult: (_: Operation, result: unknown) => result,
  fromEvent: (event: unknown) => event as JsonObject,
  toEvent: (event: unknown) => event,
};

/** What would be a caller's mistake in a request is the agent's in an answer. */
function ofAgent<Given extends unknown[], Read>(read: (...given: Given) => Read): (...given: Given) => Read {
  return (...given) => {
    try {
      return read(...(given.map(withoutNulls) as Given));
    } catch (error) {
      if (!A2AError.isInstance(error) || !error.is("InvalidParams")) throw error;
      throw new A2AError("InvalidAgentResponse", error.message);
    }
  };
}

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  "1.0": { name: "1.0", ...same },
  "0.3": {
    name: "0.3",
    fromParams: fromParamsV03,
    toParams: toParamsV03,
    fromResult: ofAgent(fromResultV03),
    toResult: (operation, result) => toResultV03(operation, withoutNulls(result)),
    fromEvent: ofAgent(fromEventV03),
    toEvent: (event, closing) => toEventV03(withoutNulls(event), closing),
  },
  "0.3-rest": {
    name: "0.3-rest",
    fromParams: fromRestParamsV03,
    toParams: toRestParamsV03,
    fromResult: ofAgent(fromRestResultV03),
    toResult: (operation, result) => toRestResultV03(operation, withoutNulls(result)),
    fromEvent: ofAgent(fromRestEventV03),
    toEvent: (event, closing) => toRestEventV03(withoutNulls(event), closing),
  },
};

export function dialectOf(version: A2AVersion, binding: Binding): Dialect {
  if (version === "1.0") return dialects["1.0"];
  return binding === "JSONRPC" ? dialects["0.3"] : dialects["0.3-rest"];
}
