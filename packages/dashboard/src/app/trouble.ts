import { GatewayError } from "@agentgate/client";
import { en } from "../messages/en.ts";
import { ReadError } from "./read.ts";

/** What went wrong, for people: what happened, and the request's id to ask about. */
export interface Trouble {
  message: string;
  code: string | undefined;
  requestId: string | undefined;
}

const UNREACHABLE = "unreachable";

export function troubleOf(error: unknown): Trouble {
  if (GatewayError.isInstance(error) && error.code === UNREACHABLE)
    return { message: en.unreachable, code: error.code, requestId: undefined };
  if (GatewayError.isInstance(error)) return { message: error.detail, code: error.code, requestId: error.requestId };
  if (error instanceof ReadError) return { message: error.message, code: error.code, requestId: error.requestId };
  return { message: error instanceof Error ? error.message : String(error), code: undefined, requestId: undefined };
}

const SIGNED_OUT = ["session_ended", "not_authenticated", "invalid_api_key", "key_expired", "key_disabled"];

/** The session has ended: signing in again helps. */
export const isSignedOut = (error: unknown): boolean => SIGNED_OUT.includes(troubleOf(error).code ?? "");

/** What stands in front of gateways says so where none of them answers. */
const NONE_BEHIND = ["http_502", "http_503"];

/** No gateway answered: it is worth asking again when one does. */
export const isUnreachable = (error: unknown): boolean =>
  [UNREACHABLE, ...NONE_BEHIND].includes(troubleOf(error).code ?? "");
