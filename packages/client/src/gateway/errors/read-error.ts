import type { ProblemFinding } from "@agentgate/protocol";
import type { GatewayError } from "./gateway-error.ts";
import { refusalOf } from "./refusals.ts";

/** As much of an answer that is no JSON as an error keeps. */
const TEXT_CHARACTERS_MAX = 1_000;

/**
 * Reads an error answer: the gateway's problem documents (RFC 9457), the errors of A2A, of JSON-RPC and of UCP, and what is not the
 * gateway's own (a proxy's page, an older server's `{"detail"}`).
 */
export function toGatewayError(response: Response, body: string): GatewayError {
  const { status, headers } = response;
  const data = parsed(body);
  const { code, detail, findings } = described(data);
  const kind = code ?? `http_${status}`;
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  return new (refusalOf(status, kind))(kind, detail ?? `HTTP ${status} ${response.statusText}`.trim(), {
    status,
    findings,
    requestId: headers.get("x-request-id") ?? undefined,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    data: data ?? body.slice(0, TEXT_CHARACTERS_MAX),
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

interface Described {
  code?: string | undefined;
  detail?: string | undefined;
  findings: readonly ProblemFinding[];
}

function described(data: unknown): Described {
  const { code, detail, title, content, error } = record(data);
  if (typeof error === "object" && error !== null) return ofProtocol(record(error));
  const findings = Array.isArray(detail) ? detail.filter(isFinding) : [];
  const inWords = findings.map(({ loc, msg }) => [placeOf(loc), msg].filter(Boolean).join(": ")).join("; ");
  return { code: text(code), detail: text(detail) ?? (inWords || text(content) || text(title)), findings };
}

/** `{"error": {"code", "message"}}` of JSON-RPC; A2A's HTTP+JSON has a `reason` in its details, `TASK_NOT_FOUND`. */
function ofProtocol({ message, status, details, data }: Record<string, unknown>): Described {
  const infos = [details, data].find(Array.isArray) ?? [];
  const reason = infos.map((info) => text(record(info).reason)).find(Boolean) ?? text(status);
  return { code: reason?.toLowerCase(), detail: text(message), findings: [] };
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const isFinding = (value: unknown): value is ProblemFinding => typeof record(value).msg === "string";

/** `["body", "skills", 0, "id"]` reads `skills.0.id`. */
const placeOf = (loc: unknown) => (Array.isArray(loc) ? loc.slice(1).join(".") : "");
