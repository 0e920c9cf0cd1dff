import fc from "fast-check";
import { jsonTextFor } from "./hostile-json.ts";
import { hostileBodies } from "./hostile-sources.ts";
import type { Operation, Parameter } from "./operations.ts";

/** One request of the fuzz, ready to be sent. */
export interface HostileRequest {
  method: string;
  target: string;
  /** Header lines without `Host` and framing. */
  headers: (readonly [name: string, value: string])[];
  body: Buffer | undefined;
  chunked: boolean;
}

export interface World {
  /** Ids that the operation may name. */
  ids: readonly string[];
  names: readonly string[];
  keys: readonly string[];
  /** By body member: values that mean something. */
  samples: Readonly<Record<string, readonly unknown[]>>;
  bodyBytesMax: number;
}

const wildText = [
  "a",
  "%",
  "%zz",
  "%00",
  "%ff%fe",
  "%ed%a0%80",
  "..",
  "%2e%2e%2f",
  "a%2fb",
  "null",
  "undefined",
  "__proto__",
  "constructor",
  "-1",
  "1e400",
  "NaN",
  "9".repeat(400),
  "x".repeat(600),
  "\u00e9",
  "*",
  "';--",
  "[]",
];

const idFor = (ids: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...ids), weight: 8 },
    { arbitrary: fc.constantFrom(...ids).map((id) => id.toUpperCase()), weight: 1 },
    { arbitrary: fc.uuid(), weight: 1 },
    { arbitrary: fc.constantFrom(...wildText, "00000000-0000-0000-0000-000000000000", "not-a-uuid"), weight: 1 },
  );

const nameFor = (names: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...names).map(encodeURIComponent), weight: 4 },
    { arbitrary: fc.constantFrom(...wildText), weight: 2 },
    fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent),
  );

function queryFor({ name, schema }: Parameter): fc.Arbitrary<string[]> {
  const { minimum = 0, maximum = 1_000 } = schema;
  const expected = schema.enum
    ? fc.constantFrom(...schema.enum.map(String))
    : schema.type === "integer"
      ? fc.integer({ min: minimum, max: Math.min(maximum, 200) }).map(String)
      : fc
          .oneof(fc.constantFrom("a", "tag", "Echo", "%", "_", "\\", "a,b,,A"), fc.string({ maxLength: 12 }))
          .map(encodeURIComponent);
  const value = fc.oneof(
    { arbitrary: expected, weight: 6 },
    { arbitrary: fc.constantFrom("", ...wildText), weight: 1 },
  );
  const times = fc.oneof(
    { arbitrary: fc.constant(1), weight: 6 },
    { arbitrary: fc.constantFrom(0, 0, 0, 2), weight: 4 },
  );
  return fc.tuple(value, value, times).map(([a, b, n]) => [a, b].slice(0, n).map((text) => `${name}=${text}`));
}

const wildQueries = fc.constantFrom(
  ...[
    "",
    "&&&",
    "=",
    "=&=",
    "a=1&a=2",
    "__proto__[x]=1",
    "constructor=1&__proto__=2",
    "limit[]=1",
    "q=%00",
    "%",
    "?",
    "a".repeat(2_000),
  ],
);

const wildHeaders = fc.constantFrom<readonly [string, string][]>(
  [],
  [["Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"]],
  [["Accept", "text/plain"]],
  [["Accept", "application/openmetrics-text; version=1.0.0"]],
  [["Accept", `${"a/b;q=0.5,".repeat(500)}`]],
  [["Accept", "text/html;q=x, application/json;q=-1;;,"]],
  [
    ["Accept-Encoding", "gzip, br"],
    ["Content-Encoding", "gzip"],
  ],
  [["X-Request-Id", "\xff\xfe<script>"]],
  [["X-Request-Id", "a".repeat(4_000)]],
  [["X-AgentGate-Payer-Key", "nobody's"]],
  [
    ["X-AgentGate-Payer-Key", "\u00e9\u00ff"],
    ["X-AgentGate-Payer-Key", "two"],
  ],
  [
    ["X-AgentGate-Chain", ",,,:,"],
    ["X-AgentGate-Chain", "x".repeat(5_000)],
  ],
  [
    ["Traceparent", "00-zz"],
    ["Tracestate", "\x80=\x81"],
  ],
  [
    ["Idempotency-Key", ""],
    ["Idempotency-Key", "x".repeat(1_000)],
  ],
  [
    ["X-Forwarded-For", "203.0.113.9, evil"],
    ["Forwarded", "for=x"],
    ["X-Forwarded-Host", "evil"],
  ],
  [["Cookie", "a=b; ".repeat(500)]],
  [
    ["Origin", "null"],
    ["Access-Control-Request-Method", "POST"],
  ],
  [
    ["Range", "bytes=0-0"],
    ["If-None-Match", "*"],
    ["If-Modified-Since", "x"],
  ],
  [
    ["X-HTTP-Method-Override", "DELETE"],
    ["Connection", "keep-alive, Authorization"],
  ],
  [["Expect", "100-continue"]],
);

const contentTypes = fc.oneof(
  { arbitrary: fc.constantFrom<readonly string[]>(["application/json"]), weight: 12 },
  fc.constantFrom<readonly string[]>(
    [],
    [""],
    ["application/json; charset=utf-16"],
    ['APPLICATION/JSON;charset="utf-8"'],
    ["application/vnd.x+json"],
    ["application/problem+json"],
    ["text/plain"],
    ["application/x-www-form-urlencoded"],
    ["multipart/form-data"],
    ["application/"],
    ["a/b/c\xff"],
    [`application/json;${"x".repeat(3_000)}`],
  ),
);

const authorizations = (keys: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...keys).map((key) => [`Bearer ${key}`]), weight: 12 },
    fc.constantFrom<string[]>(
      [],
      ["bearer   unknown"],
      ["Bearer"],
      ["Bearer "],
      ["Basic YTpi"],
      ["Bearer \xff\xfe"],
      [`Bearer ${"k".repeat(8_000)}`],
      ["Bearer __proto__", "Bearer constructor"],
    ),
  );

/** Requests of one operation: valid, nearly valid, and anything but. */
export function hostileRequests(
  operation: Operation,
  { ids, names, keys, samples, bodyBytesMax }: World,
): fc.Arbitrary<HostileRequest> {
  const { method, path, parameters, body } = operation;
  const place = path.includes("{name}") ? nameFor(names) : idFor(ids);
  const target = fc
    .tuple(
      place,
      fc.tuple(...parameters.filter((p) => p.in === "query").map(queryFor)),
      wildQueries,
      fc.nat(9),
      fc.nat(9),
    )
    .map(([name, queries, wild, odds, form]) => {
      const query = odds === 0 ? wild : queries.flat().join("&");
      const filled = path.replace(/\{\w+\}/, name);
      const prefix = form < 2 && !path.startsWith("/.well-known") ? "/v1" : "";
      const slash = form === 0 || form === 2 ? (filled.endsWith("/") ? "" : "/") : "";
      return `${prefix}${filled}${slash}${query || odds === 1 ? `?${query}` : ""}`;
    });
  const json = (hostility: number) => jsonTextFor(body ?? {}, { hostility, samples }).map((text) => Buffer.from(text));
  const anyBody = fc.oneof(
    fc.constantFrom(...hostileBodies(bodyBytesMax)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  );
  const bodies = body
    ? fc.oneof(
        { arbitrary: json(0), weight: 4 },
        { arbitrary: json(1), weight: 6 },
        { arbitrary: json(6), weight: 4 },
        { arbitrary: anyBody, weight: 2 },
        fc.constant(undefined),
      )
    : fc.oneof({ arbitrary: fc.constant(undefined), weight: 8 }, fc.constant(Buffer.alloc(0)), anyBody);
  return fc
    .record({
      target,
      body: bodies,
      type: contentTypes,
      key: authorizations(keys),
      wild: wildHeaders,
      chunked: fc.nat(5),
    })
    .map(({ target, body, type, key, wild, chunked }) => ({
      method,
      target,
      headers: [
        ...key.map((value) => ["Authorization", value] as const),
        ...type.map((value) => ["Content-Type", value] as const),
        ...wild,
      ],
      body,
      chunked: chunked === 0,
    }));
}

/** The request's bytes. */
export function toBytes({ method, target, headers, body, chunked }: HostileRequest): Buffer {
  const framing =
    body === undefined ? [] : chunked ? ["Transfer-Encoding: chunked"] : [`Content-Length: ${body.length}`];
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target} HTTP/1.1`, "Host: gateway.test", ...lines, ...framing, "", ""].join("\r\n");
  const parts: Buffer[] = [Buffer.from(head, "latin1")];
  if (body !== undefined && chunked) {
    if (body.length > 0) parts.push(Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n"));
    parts.push(Buffer.from("0\r\n\r\n"));
  } else if (body !== undefined) parts.push(body);
  return Buffer.concat(parts);
}
