import type { JsonObject } from "@agentgate/protocol/a2a";
import { rpcCodes, spokenRevisions } from "@agentgate/protocol/mcp";

export interface McpErrorOptions {
  /** HTTP status in the modern era. */
  status?: number;
  /** In the legacy era, where that is another. */
  legacyStatus?: number;
  /** Its stable name, as in problem documents. */
  problem?: string;
  /** More members of the error's `data`. */
  data?: JsonObject;
}

/** An error of the protocol's, for the client's program. What the model is to read is a result (SEP-1303). */
export class McpError extends Error {
  override readonly name = "McpError";
  readonly code: number;
  readonly status: number;
  readonly legacyStatus: number;
  readonly problem: string;
  readonly data: JsonObject;

  constructor(code: number, message: string, options: McpErrorOptions = {}) {
    super(message);
    const { status = 400, legacyStatus = status, problem = "mcp_error", data = {} } = options;
    this.code = code;
    this.status = status;
    this.legacyStatus = legacyStatus;
    this.problem = problem;
    this.data = data;
  }
}

export const parseError = (message: string): McpError =>
  new McpError(rpcCodes.parseError, message, { problem: "parse_error" });

export const invalidRequest = (message: string, status = 400): McpError =>
  new McpError(rpcCodes.invalidRequest, message, { status, problem: "invalid_request" });

/** Of the envelope, before anything is dispatched. */
export const invalidEnvelope = (message: string): McpError =>
  new McpError(rpcCodes.invalidParams, message, { problem: "invalid_envelope" });

/** Of what a method was asked. */
export const invalidParams = (message: string, problem = "invalid_params"): McpError =>
  new McpError(rpcCodes.invalidParams, message, { status: 200, problem });

export const methodNotFound = (method: string): McpError =>
  new McpError(rpcCodes.methodNotFound, `Method not found: ${method.slice(0, 100)}`, {
    status: 404,
    legacyStatus: 200,
    problem: "method_not_found",
  });

export const headerMismatch = (message: string): McpError =>
  new McpError(rpcCodes.headerMismatch, message, { problem: "header_mismatch" });

export const unsupportedVersion = (requested: string): McpError =>
  new McpError(rpcCodes.unsupportedVersion, `Protocol version ${requested.slice(0, 40)} is not spoken here`, {
    problem: "unsupported_version",
    data: { supported: [...spokenRevisions], requested },
  });

/** @param capabilities what the request would have to declare, in the shape of client capabilities */
export const missingCapability = (message: string, capabilities: JsonObject): McpError =>
  new McpError(rpcCodes.missingCapability, message, {
    problem: "missing_capability",
    data: { requiredCapabilities: capabilities },
  });

/** Whether a request was refused for its parameters. */
export const isUnfit = (error: unknown): boolean => error instanceof McpError && error.code === rpcCodes.invalidParams;
