import { Problem } from "./problem.ts";

/** @param type what the route takes, where that is not JSON */
export const unsupportedMediaType = (type?: string) =>
  new Problem(415, `Send the body as ${type ?? "JSON, with the header Content-Type: application/json"}`);

/** Why the caller has to come back, and after how long. */
export interface Unavailability {
  detail: string;
  retryAfterSeconds: number;
}

export const unavailable = ({ detail, retryAfterSeconds }: Unavailability) =>
  new Problem(503, detail, { headers: { "retry-after": `${retryAfterSeconds}` } });

/** Any thrown value as what the caller may see of it. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new Problem(413, "The request body is too large");
  if (statusCode === 414) return new Problem(414, "A part of the path is too long");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return unsupportedMediaType();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem(statusCode, message ?? "Bad request");
  return new Problem(500, "Internal server error; the request id identifies it in the server's log");
}
