import { toWireFields } from "./wire-fields.ts";

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds this call may take with its repetitions, instead of the client's `timeoutMs`. */
  timeoutMs?: number | undefined;
  /** How often it is repeated where that is safe, instead of the client's `retries`. */
  retries?: number | undefined;
}

export interface GatewayRequest extends CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the gateway's base, with a leading slash. */
  path: string;
  query?: Query | undefined;
  /** Sent as JSON, or as it is when it is a form. */
  body?: unknown;
  /** Bearer key of this call instead of the client's. */
  apiKey?: string | undefined;
  headers?: Record<string, string | undefined>;
  /** Does something that must not be done twice: it gets an `Idempotency-Key` where it may be repeated and none is given. */
  once?: boolean;
}

/** Names as options have them; a list is given with commas between, a time in ISO 8601. */
export type Query = Readonly<Record<string, unknown>>;

/** What the options of a method say of the call, and what is asked by the rest. */
export function asked<Options extends CallOptions>(options?: Options) {
  const { signal, timeoutMs, retries, ...query }: CallOptions = { ...options };
  return { query, signal, timeoutMs, retries };
}

/**
 * A path with its parameters encoded: `` at`/agents/${id}/card` ``.
 * @throws TypeError for a parameter that would make it another path
 */
export function at(texts: TemplateStringsArray, ...parameters: string[]): string {
  for (const one of parameters) if (/^\.{0,2}$/.test(one)) throw new TypeError(`"${one}" is no id or name`);
  return String.raw(texts, ...parameters.map((one) => encodeURIComponent(one)));
}

export function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(toWireFields(query)))
    if (value !== undefined) parameters.set(name, `${value instanceof Date ? value.toISOString() : value}`);
  return parameters.size > 0 ? `?${parameters}` : "";
}

/** Options whose lists are called by their members, as the gateway reads them: `agentIds` is its `agent_id`. */
export const singular = <Options extends CallOptions>(options?: Options): CallOptions =>
  Object.fromEntries(
    Object.entries(options ?? {}).map(([name, value]) => [Array.isArray(value) ? name.replace(/s$/, "") : name, value]),
  );
