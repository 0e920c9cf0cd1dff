import type { ProblemBody, ProblemFinding } from "@agentgate/protocol";
import { GatewayError } from "./gateway-error.ts";

/** Reads an error answer, also one that is not the gateway's own (a proxy's page, an older server's `{"detail"}`). */
export function toGatewayError(response: Response, body: string): GatewayError {
  const { status } = response;
  const problem = readProblem(body);
  const findings = Array.isArray(problem.detail) ? problem.detail.filter(isFinding) : [];
  const detail = describe(problem, findings) ?? `HTTP ${status} ${response.statusText}`.trim();
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new GatewayError(problem.code ?? `http_${status}`, detail, {
    status,
    findings,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

function readProblem(body: string): Partial<ProblemBody> {
  try {
    const value = JSON.parse(body) as Partial<ProblemBody> | null;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    const { code, ...rest } = value;
    return typeof code === "string" ? { ...rest, code } : rest;
  } catch {
    return {};
  }
}

function describe({ detail, title }: Partial<ProblemBody>, findings: readonly ProblemFinding[]): string | undefined {
  if (typeof detail === "string") return detail;
  if (findings.length > 0)
    return findings.map(({ loc, msg }) => [placeOf(loc), msg].filter(Boolean).join(": ")).join("; ");
  return typeof title === "string" ? title : undefined;
}

const isFinding = (value: unknown): value is ProblemFinding =>
  typeof value === "object" && value !== null && "msg" in value && typeof value.msg === "string";

/** `["body", "skills", 0, "id"]` reads `skills.0.id`. */
const placeOf = (loc: unknown) => (Array.isArray(loc) ? loc.slice(1).join(".") : "");
