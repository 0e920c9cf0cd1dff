import { A2AError } from "@agentgate/protocol/a2a";
import { type Agent, CredentialError } from "../../../agents/index.ts";
import { OutboundError, type OutboundHeaders } from "../../../outbound/index.ts";
import { isStorageError } from "../../../storage/index.ts";
import type { AgentFailure } from "../../agent-protocol.ts";
import { connectionFailure, credentialFailure, statusFailure, unavailableFailure } from "../failures.ts";

/** An HTTP answer that is none of the protocol: a proxy's page, a login, a crash. */
export class UpstreamStatusError extends Error {
  override readonly name = "UpstreamStatusError";
  readonly status: number;
  readonly body: Buffer;
  /** Of the answer, as soon as it is known which one that was. */
  headers: OutboundHeaders = {};

  constructor(status: number, body: Buffer) {
    super(`The agent answered HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** The error, with the headers of the answer that it was read from. */
export function answeredWith(headers: OutboundHeaders, error: unknown): unknown {
  if (error instanceof UpstreamStatusError) error.headers = headers;
  return error;
}

/**
 * What went wrong with a call to an A2A agent, in the words of the outcome table (contract section 4).
 *
 * @throws the error itself when it is the gateway's own, for whoever runs the exchange to log
 */
export function failureOf(agent: Agent, error: unknown): AgentFailure {
  if (OutboundError.isInstance(error)) return connectionFailure(agent, error);
  if (error instanceof CredentialError) return credentialFailure(error);
  if (error instanceof UpstreamStatusError) return statusFailure(error.status, error.headers, error.body);
  if (A2AError.isInstance(error)) {
    const { code, status, message } = error;
    return { status: status < 500 ? status : 502, detail: `Agent returned error: ${message}`, logged: `a2a_${code}` };
  }
  const unavailable = unavailableFailure(error);
  if (unavailable) return unavailable;
  if (isStorageError(error)) throw error;
  return {
    status: 502,
    detail: `Agent at ${agent.url} answered something that is not A2A`,
    logged: "invalid_response",
  };
}
