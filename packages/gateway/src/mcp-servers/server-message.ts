import { exceededBound } from "../runtime/index.ts";
import { ServerFault } from "./server-error.ts";

export type JsonObject = Record<string, unknown>;

/** What of a server's message has to be built: its nesting, and its commas and opening brackets. */
const MESSAGE_BOUNDS = { depth: 512, elements: 200_000 };
/** Messages that may come together: revision 2025-03-26 knows batches. */
const BATCH_MAX = 64;

/** The JSON-RPC messages in a text. @throws ServerFault when it holds something else, or too much */
export function messagesIn(text: string): JsonObject[] {
  const exceeded = exceededBound(text, MESSAGE_BOUNDS);
  if (exceeded)
    throw new ServerFault(
      `a message of the server ${exceeded === "depth" ? "is nested too deep" : "has too many parts"}`,
    );
  const value = parsed(text);
  const messages = Array.isArray(value) ? value : [value];
  if (messages.length > BATCH_MAX) throw new ServerFault("the server sends too many messages together");
  if (!messages.every(isMessage)) throw new ServerFault("the server answered something that is not JSON-RPC");
  return messages;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isMessage = (value: unknown): value is JsonObject => isObject(value) && value.jsonrpc === "2.0";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}
