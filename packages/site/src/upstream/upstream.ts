import { readBounded } from "../exchange/read-bounded.ts";
import { SiteError } from "../exchange/site-error.ts";

export type UpstreamValues = Readonly<Record<string, unknown>>;

export interface UpstreamOptions {
  /** Where the API is, for example `https://api.example.com/v1`. */
  readonly baseUrl: string;
  /** Headers of every call, its credential above all. */
  readonly resolveHeaders?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Query parameters of every call, for APIs that take their key there. */
  readonly resolveQuery?: () => UpstreamValues | Promise<UpstreamValues>;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Default 1 MiB. */
  readonly replyBytesMax?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface UpstreamCall {
  /** Fills `{name}` in the path. */
  readonly path?: UpstreamValues;
  /** `undefined` is left out, a list is repeated. */
  readonly query?: UpstreamValues;
  readonly header?: UpstreamValues;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Upstream {
  /**
   * Calls the API and returns its JSON; `null` when the reply is empty.
   *
   * @throws SiteError that the agent may see: `not_found`, `rate_limited`, or `upstream_rejected` with the API's own message
   * @throws Error that it may not: the API cannot be reached, fails, or refuses the site's credential
   */
  // biome-ignore lint/suspicious/noExplicitAny: what the API answers is described by the caller
  call(method: string, path: string, call?: UpstreamCall): Promise<any>;
}

/** An HTTP API that intents hand their work to. The agent sees neither its address nor its credential. */
export function upstream(options: UpstreamOptions): Upstream {
  const { resolveHeaders, resolveQuery, timeoutMs = 30_000, replyBytesMax = 1_048_576 } = options;
  const send = options.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
  const base = new URL(options.baseUrl);
  return {
    async call(method, path, call = {}) {
      const url = new URL(base.pathname.replace(/\/+$/, "") + fillPath(path, call.path ?? {}), base);
      for (const [name, value] of Object.entries({ ...call.query, ...(await resolveQuery?.()) })) {
        for (const item of Array.isArray(value) ? value : [value]) {
          if (item !== undefined && item !== null) url.searchParams.append(name, text(item));
        }
      }
      const headers = new Headers({ Accept: "application/json" });
      for (const [name, value] of Object.entries(call.header ?? {})) {
        if (value !== undefined && value !== null) headers.set(name, headerText(name, value));
      }
      if (call.body !== undefined) headers.set("Content-Type", "application/json");
      for (const [name, value] of Object.entries((await resolveHeaders?.()) ?? {})) headers.set(name, value);
      const timeout = AbortSignal.timeout(timeoutMs);
      const response = await send(url.href, {
        method,
        headers,
        body: call.body === undefined ? null : JSON.stringify(call.body),
        redirect: "manual",
        signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
      });
      const reply = await readBounded(response, replyBytesMax);
      if (!response.ok) throw failure(`${method} ${path}`, response, reply);
      if (reply === "") return null;
      try {
        return JSON.parse(reply);
      } catch (cause) {
        throw new Error(`${method} ${path} of the upstream API did not answer JSON`, { cause });
      }
    },
  };
}

/** A value cannot leave its segment: slashes are encoded, and `.` and `..` are refused. */
function fillPath(path: string, values: UpstreamValues): string {
  return path.replace(/\{([^}]*)\}/g, (_, name: string) => {
    const value = Array.isArray(values[name]) ? values[name].map(text).join(",") : text(values[name]);
    if (value === "" || value === "." || value === "..") {
      throw new SiteError("invalid_input", `${name} cannot be ${JSON.stringify(value)}.`);
    }
    return encodeURIComponent(value);
  });
}

function text(value: unknown): string {
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value === undefined || value === null ? "" : String(value);
}

function headerText(name: string, value: unknown): string {
  const header = text(value);
  if (/^[\t\x20-\x7e]*$/.test(header)) return header;
  throw new SiteError("invalid_input", `${name} travels in a header: use printable ASCII characters.`);
}

function failure(operation: string, { status, headers }: Response, reply: string): Error {
  // 401 and 403 are about the site's own credential: nothing the agent could mend.
  if (status === 429) {
    const wait = headers.get("retry-after");
    return new SiteError("rate_limited", "The service is busy. Wait and try again.", {
      ...(wait && { headers: { "retry-after": wait } }),
    });
  }
  if (status === 404) return new SiteError("not_found", messageOf(reply) ?? "There is no such thing.");
  if (status >= 400 && status < 500 && status !== 401 && status !== 403) {
    return new SiteError("upstream_rejected", messageOf(reply) ?? `The service refused the request (${status}).`);
  }
  return new Error(`${operation} of the upstream API answered ${status}`);
}

/** What an error reply says, as the common shapes of JSON APIs say it. */
function messageOf(reply: string): string | undefined {
  try {
    const body = JSON.parse(reply) as Record<string, unknown> | null;
    const error = body?.error as Record<string, unknown> | undefined;
    const found = [body?.detail, body?.message, error?.message, body?.error_description, body?.error, body?.title];
    return found.find((text): text is string => typeof text === "string" && text !== "")?.slice(0, 500);
  } catch {
    return undefined;
  }
}
