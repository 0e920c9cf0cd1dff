import { isObject, type JsonObject } from "./json.ts";
import type { A2AVersion } from "./version.ts";

interface ErrorKind {
  /** JSON-RPC code. */
  code: number;
  /** HTTP status of specification 1.0.1. */
  status: number;
  /** `ErrorInfo.reason`; undefined for the errors of JSON-RPC itself. */
  reason?: string;
  /** Name of the `google.rpc.Code`. */
  rpcStatus: string;
}

/** Specification 1.0.1, section 5.4, and JSON-RPC 2.0, section 5.1. */
const kinds = {
  TaskNotFound: { code: -32001, status: 404, reason: "TASK_NOT_FOUND", rpcStatus: "NOT_FOUND" },
  TaskNotCancelable: { code: -32002, status: 400, reason: "TASK_NOT_CANCELABLE", rpcStatus: "FAILED_PRECONDITION" },
  PushNotificationNotSupported: {
    code: -32003,
    status: 400,
    reason: "PUSH_NOTIFICATION_NOT_SUPPORTED",
    rpcStatus: "FAILED_PRECONDITION",
  },
  UnsupportedOperation: {
    code: -32004,
    status: 400,
    reason: "UNSUPPORTED_OPERATION",
    rpcStatus: "FAILED_PRECONDITION",
  },
  ContentTypeNotSupported: {
    code: -32005,
    status: 400,
    reason: "CONTENT_TYPE_NOT_SUPPORTED",
    rpcStatus: "INVALID_ARGUMENT",
  },
  InvalidAgentResponse: { code: -32006, status: 500, reason: "INVALID_AGENT_RESPONSE", rpcStatus: "INTERNAL" },
  ExtendedAgentCardNotConfigured: {
    code: -32007,
    status: 400,
    reason: "EXTENDED_AGENT_CARD_NOT_CONFIGURED",
    rpcStatus: "FAILED_PRECONDITION",
  },
  ExtensionSupportRequired: {
    code: -32008,
    status: 400,
    reason: "EXTENSION_SUPPORT_REQUIRED",
    rpcStatus: "FAILED_PRECONDITION",
  },
  VersionNotSupported: { code: -32009, status: 400, reason: "VERSION_NOT_SUPPORTED", rpcStatus: "FAILED_PRECONDITION" },
  ParseError: { code: -32700, status: 400, rpcStatus: "INVALID_ARGUMENT" },
  InvalidRequest: { code: -32600, status: 400, rpcStatus: "INVALID_ARGUMENT" },
  MethodNotFound: { code: -32601, status: 404, rpcStatus: "NOT_FOUND" },
  InvalidParams: { code: -32602, status: 400, rpcStatus: "INVALID_ARGUMENT" },
  InternalError: { code: -32603, status: 500, rpcStatus: "INTERNAL" },
} satisfies Record<string, ErrorKind>;

export type A2AErrorName = keyof typeof kinds;

const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";
const DOMAIN = "a2a-protocol.org";
const brand: unique symbol = Symbol.for("agentgate.A2AError");

/** An error of the protocol, in neither binding's form yet. */
export class A2AError extends Error {
  override readonly name = "A2AError";
  /** JSON-RPC code. */
  readonly code: number;
  /** `data` of the JSON-RPC form, as the agent sent it; by default an `ErrorInfo`. */
  readonly data: unknown;
  readonly [brand] = true;

  constructor(kind: A2AErrorName | number, message: string, data?: unknown) {
    super(message);
    this.code = typeof kind === "number" ? kind : kinds[kind].code;
    this.data = data;
  }

  static isInstance(error: unknown): error is A2AError {
    return typeof error === "object" && error !== null && brand in error;
  }

  is(kind: A2AErrorName): boolean {
    return this.code === kinds[kind].code;
  }

  /** HTTP status of the HTTP+JSON binding. */
  get status(): number {
    return kindOf(this.code)?.status ?? 500;
  }

  /** The error object of a JSON-RPC response. `ErrorInfo` is 1.0's: readers of 0.3 get data only where the agent has sent some. */
  toJsonRpc(version: A2AVersion): JsonObject {
    const data = this.data ?? (version === "1.0" ? errorInfo(this.code) : undefined);
    return { code: this.code, message: this.message, ...(data !== undefined && { data }) };
  }

  /** The body of an HTTP+JSON response: `google.rpc.Status` in an envelope. */
  toRest(): JsonObject {
    const details = Array.isArray(this.data) ? this.data : (errorInfo(this.code) ?? []);
    const status = kindOf(this.code)?.rpcStatus ?? "INTERNAL";
    return { error: { code: this.status, status, message: this.message, details } };
  }

  static fromJsonRpc(error: unknown): A2AError {
    const { code, message, data } = isObject(error) ? error : {};
    return new A2AError(
      typeof code === "number" && Number.isInteger(code) ? code : kinds.InternalError.code,
      typeof message === "string" ? message : "The agent answered an error",
      data ?? undefined,
    );
  }

  /** Reads an HTTP+JSON error; the reason names it, for several errors share a status. */
  static fromRest(status: number, body: unknown): A2AError {
    const outer = isObject(body) ? body : {};
    const error = isObject(outer.error) ? outer.error : outer;
    const message = typeof error.message === "string" ? error.message : `The agent answered HTTP ${status}`;
    const details = Array.isArray(error.details) ? error.details : undefined;
    const reason = details?.map((detail) => (isObject(detail) ? detail.reason : undefined)).find(Boolean);
    const named = Object.values<ErrorKind>(kinds).find((kind) => kind.reason !== undefined && kind.reason === reason);
    // 0.3's REST servers answer the JSON-RPC code itself.
    const code = named?.code ?? (isJsonRpcCode(error.code) ? error.code : codeOfStatus(status));
    return new A2AError(code, message, details?.length ? details : undefined);
  }
}

const isJsonRpcCode = (code: unknown): code is number =>
  typeof code === "number" && Number.isInteger(code) && code <= -32000 && code >= -32768;

function codeOfStatus(status: number): number {
  if (status === 404) return kinds.TaskNotFound.code;
  // Of specification 1.0.0, and of 0.3: the one error with this status.
  if (status === 409) return kinds.TaskNotCancelable.code;
  if (status === 405 || status === 501) return kinds.UnsupportedOperation.code;
  if (status === 415) return kinds.ContentTypeNotSupported.code;
  return status >= 400 && status < 500 ? kinds.InvalidParams.code : kinds.InternalError.code;
}

const kindOf = (code: number): ErrorKind | undefined =>
  Object.values<ErrorKind>(kinds).find((kind) => kind.code === code);

function errorInfo(code: number): JsonObject[] | undefined {
  const reason = kindOf(code)?.reason;
  return reason === undefined ? undefined : [{ "@type": ERROR_INFO, reason, domain: DOMAIN, metadata: {} }];
}

export const invalidParams = (message: string): A2AError => new A2AError("InvalidParams", message);
