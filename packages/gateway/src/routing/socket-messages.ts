import { isJsonObject, Problem, parseJsonBody } from "../http/index.ts";

/** What a client is told in one message; a result, which is text already, apart. */
export interface SocketMessage {
  type: "status" | "chunk" | "error";
  data: string;
  /** The stable name of an error. */
  code?: string;
}

/** What a client says in one message. @throws Problem 422 */
export function parseMessage(text: string): Record<string, unknown> {
  const message = parseJsonBody(text);
  if (!isJsonObject(message)) throw new Problem(422, "A message is a JSON object");
  return message;
}

/** What went wrong, as far as a client may know. */
export const errorMessage = (error: unknown): SocketMessage => {
  const { message, code } = error instanceof Problem ? error : UNFORESEEN;
  return { type: "error", data: message, code };
};

const UNFORESEEN = { message: "Internal server error", code: "internal_error" };
