import { A2AError, type A2AVersion, type JsonObject } from "@agentgate/protocol/a2a";
import { Problem, unavailable } from "../../http/index.ts";
import { unavailability } from "../../storage/index.ts";

/** The gateway's own refusals, which the protocol has no errors for; far from the codes that it has or had. */
const codes: Record<number, number> = { 401: -32051, 402: -32052, 403: -32053, 404: -32054, 429: -32059, 508: -32058 };
const names: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  501: "UNIMPLEMENTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** What a caller is told of an error that is none of the protocol's: its HTTP status, and a body in the binding's shape. */
export interface Refusal {
  status: number;
  /** Its stable name. */
  code: string;
  headers: Record<string, string>;
  rpc: JsonObject;
  rest: JsonObject;
}

/** What is none of the protocol's errors nor of the gateway's refusals: somebody has to look at it. */
export const isUnforeseen = (error: unknown): boolean => !A2AError.isInstance(error) && !(error instanceof Problem);

function unavailableProblem(error: unknown): Problem | undefined {
  const away = unavailability(error);
  return away && unavailable(away);
}

export function refusalOf(error: unknown, version: A2AVersion): Refusal {
  const known = error instanceof Problem ? error : unavailableProblem(error);
  const status = known?.status ?? 500;
  const code = known?.code ?? "internal_error";
  const message = known?.message ?? "Internal server error";
  const info = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: code.toUpperCase(),
    domain: "agentgate",
    metadata: Object.fromEntries(Object.entries(known?.members ?? {}).map(([name, value]) => [name, textOf(value)])),
  };
  return {
    status,
    code,
    headers: known?.headers ?? {},
    rpc: {
      code: codes[status] ?? (status < 500 ? -32600 : -32603),
      message,
      ...(version === "1.0" && { data: [info] }),
    },
    rest: {
      error: {
        code: status,
        status: names[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL"),
        message,
        details: [info],
      },
    },
  };
}

/** Metadata are texts; an amount is kept as the JSON that it is. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What the log calls an error of the protocol. */
export const loggedCode = ({ code }: A2AError): string => `a2a_${code}`;

/** A body that cannot be read, in the protocol's terms. */
export function bodyError(error: unknown): unknown {
  const { status, statusCode } = error as { status?: number; statusCode?: number };
  if ((status ?? statusCode) !== 422) return error;
  return new A2AError("ParseError", "The body is not JSON");
}
