import { readBounded } from "../exchange/read-bounded.ts";
import { SiteError } from "../exchange/site-error.ts";
import { encodeForm, formText, formType, multipart } from "./request-body.ts";
import { StyledValue, toHeaderText, toPairs, toPathText } from "./styled.ts";

export { type ParameterStyle, StyledValue, styled } from "./styled.ts";

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
  /** Fills `{name}` in the path. Of a list or an object: `a,b`, `key,value`, unless `styled` says otherwise. */
  readonly path?: UpstreamValues | undefined;
  /** What is not given is left out, a list is repeated, an object is taken apart, unless `styled` says otherwise. */
  readonly query?: UpstreamValues | undefined;
  readonly header?: UpstreamValues | undefined;
  readonly cookie?: UpstreamValues | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of `body`, when it is another than `application/json`. */
  readonly contentType?: string | undefined;
  /** Sent as `application/x-www-form-urlencoded`, when there is no `body`. */
  readonly form?: UpstreamValues | undefined;
  /** Sent as `multipart/form-data`, when there is no other. */
  readonly multipart?: UpstreamValues | undefined;
  readonly signal?: AbortSignal | undefined;
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
      url.search = queryText(call.query ?? {}, (await resolveQuery?.()) ?? {});
      const headers = new Headers({ Accept: "application/json" });
      for (const [name, value] of Object.entries(call.header ?? {})) {
        const text = toHeaderText(name, value);
        if (text !== undefined) headers.set(name, printable(name, text));
      }
      const content = requestContent(call);
      if (content) headers.set("Content-Type", content.type);
      const cookies = cookieText(call.cookie ?? {});
      for (const [name, value] of Object.entries((await resolveHeaders?.()) ?? {})) headers.set(name, value);
      if (cookies !== "") headers.set("Cookie", [headers.get("Cookie"), cookies].filter(Boolean).join("; "));
      const timeout = AbortSignal.timeout(timeoutMs);
      const response = await send(url.href, {
        method,
        headers,
        body: content?.text ?? null,
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

/** A value cannot leave its segment: slashes are encoded, and a segment that becomes `.` or `..` is refused. */
function fillPath(path: string, values: UpstreamValues): string {
  const filled = path.replace(/\{([^}]*)\}/g, (_, name: string) => toPathText(name, values[name]));
  const climbing = filled.split("/").find((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
  if (climbing === undefined) return filled;
  throw new SiteError("invalid_input", `A part of the path cannot be ${JSON.stringify(decodeURIComponent(climbing))}.`);
}

/** The site's own parameters stand for themselves alone, and no key of an agent's object for another parameter. */
function queryText(query: UpstreamValues, own: UpstreamValues): string {
  const ownPairs = Object.entries(own).flatMap(([name, value]) => toPairs(name, value, encodeForm));
  const reserved = new Set(ownPairs.map(({ name }) => name));
  const declared = new Set(Object.keys(query).map(encodeForm));
  const pairs = Object.entries(query)
    .flatMap(([name, value]) => toPairs(name, value, encodeForm))
    .filter(({ name }) => !reserved.has(name));
  const taken = pairs.find(({ name, isChosen }) => isChosen && declared.has(name));
  if (taken) throw new SiteError("invalid_input", `"${taken.name}" is a parameter of its own.`);
  return [...pairs, ...ownPairs].map(({ name, value }) => `${name}=${value}`).join("&");
}

function cookieText(values: UpstreamValues): string {
  return Object.entries(values)
    .flatMap(([name, value]) => toPairs(name, value, encodeURIComponent))
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}

function requestContent(call: UpstreamCall): { type: string; text: string } | undefined {
  if (call.body !== undefined) return { type: call.contentType ?? "application/json", text: JSON.stringify(call.body) };
  if (call.form) return { type: formType, text: formText(call.form) };
  return call.multipart && multipart(call.multipart, crypto.randomUUID());
}

/** The values, or nothing when none is given: an optional body is sent whole or not at all. */
export function given<T extends UpstreamValues>(values: T): T | undefined {
  return Object.values(values).some((value) => (value instanceof StyledValue ? value.value : value) !== undefined)
    ? values
    : undefined;
}

function printable(name: string, text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
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
