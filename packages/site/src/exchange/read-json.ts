import type { Exchange } from "./exchange.ts";
import { exceededBound, exceededBy } from "./json-bounds.ts";
import { SiteError } from "./site-error.ts";

export type JsonObject = { readonly [key: string]: unknown };

/**
 * The arguments of a call: the body as a JSON object, `{}` when there is none.
 * @throws SiteError `unsupported_media_type`, `payload_too_large`, `invalid_json`, `invalid_input`
 */
export function readArguments(exchange: Exchange, limitBytes: number): JsonObject | Promise<JsonObject> {
  const body = exchange.body(limitBytes);
  return body instanceof Promise ? body.then((read) => toArguments(read, exchange)) : toArguments(body, exchange);
}

function toArguments(body: Awaited<ReturnType<Exchange["body"]>>, exchange: Exchange): JsonObject {
  if ("text" in body && body.text === "") return {};
  if ("value" in body && body.value === undefined) return {};
  const type = exchange.header("content-type");
  if (!isJson(type)) {
    throw new SiteError(
      "unsupported_media_type",
      `Send the arguments as JSON with the header Content-Type: application/json${type ? `, not ${type.slice(0, 100)}` : ""}.`,
    );
  }
  const exceeded = "text" in body ? exceededBound(body.text) : exceededBy(body.value);
  if (exceeded === "elements") throw new SiteError("payload_too_large", "The body has too many elements. Send less.");
  if (exceeded) throw invalid("The body is nested too deep. Send at most 64 levels.");
  const value = "text" in body ? parse(body.text) : body.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("The body must be a JSON object with the arguments.", `Expected an object, got ${kindOf(value)}`);
  }
  return value as JsonObject;
}

const invalid = (text: string, message = text) =>
  new SiteError("invalid_input", text, { issues: [{ path: "", message }] });

const isJson = (type: string | undefined) =>
  type === "application/json" || (type !== undefined && /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type));

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? `: ${error.message.slice(0, 200)}` : "";
    throw new SiteError("invalid_json", `The body is not valid JSON${detail}`);
  }
}

const kindOf = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`);
