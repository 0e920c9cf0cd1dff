import { en } from "../messages/en.ts";
import { webFetch } from "./web-fetch.ts";

type QueryValue = string | number | boolean | null | undefined | readonly string[];

/** A refusal of the gateway. */
export class ReadError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, status: number, code?: string, requestId?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** What these pages alone ask for: the session, and what the client package has no method for. */
export async function read<T>(path: string, query: Record<string, QueryValue> = {}, signal?: AbortSignal): Promise<T> {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
  const response = await send(url, { ...(signal && { signal }), headers: { accept: "application/json" } });
  return (await response.json()) as T;
}

/** Changes something. @throws ReadError when the gateway refuses */
export async function send(url: URL | string, init: RequestInit): Promise<Response> {
  const response = await webFetch(url, init).catch((error) => {
    if (init.signal?.aborted) throw error;
    throw new ReadError(en.unreachable, 0, "unreachable");
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown; code?: string };
  const detail = typeof problem.detail === "string" ? problem.detail : `The gateway answered ${response.status}.`;
  throw new ReadError(
    detail,
    response.status,
    problem.code ?? `http_${response.status}`,
    response.headers.get("x-request-id") ?? undefined,
  );
}
