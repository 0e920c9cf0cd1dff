import { readdirSync, readFileSync } from "node:fs";

/** One request and its reply, as packages/protocol/fixtures/site keeps them. */
export interface GoldenExchange {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** JSON value; a string under `rawBody` is sent as it is. */
    readonly body?: unknown;
    readonly rawBody?: string;
  };
  readonly reply: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

/** Exchanges that build on one another, in order. */
export interface GoldenScenario {
  readonly scenario: string;
  readonly exchanges: readonly GoldenExchange[];
}

const folder = new URL("../../../protocol/fixtures/site/", import.meta.url);

export const goldenScenarios = (): GoldenScenario[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as GoldenScenario);

/**
 * Replays a scenario. `$name` strings in replies match any string once and the same string from then on;
 * in requests they stand for what was matched.
 */
export async function replayScenario(
  { exchanges }: GoldenScenario,
  send: (path: string, init: RequestInit) => Promise<Response>,
  expectEqual: (actual: unknown, expected: unknown, name: string) => void,
): Promise<void> {
  const known = new Map<string, string>();
  for (const { name, request, reply } of exchanges) {
    const filled = fill(request, known) as GoldenExchange["request"];
    const body = filled.rawBody ?? (filled.body === undefined ? undefined : JSON.stringify(filled.body));
    const response = await send(filled.path, {
      method: filled.method,
      ...(filled.headers && { headers: filled.headers }),
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const actual = text === "" ? null : JSON.parse(text);
    learn(reply.body, actual, known);
    const headers = Object.fromEntries(
      Object.entries(reply.headers ?? {}).map(([header, value]) => [
        header,
        header === "vary" ? among(response.headers.get(header), value) : response.headers.get(header),
      ]),
    );
    expectEqual(
      { status: response.status, headers, body: actual },
      { status: reply.status, headers: reply.headers ?? {}, body: fill(reply.body, known) },
      name,
    );
  }
}

/** A list in a header, to which the framework may have added something of its own. */
const among = (list: string | null, item: string) => (list?.split(/, */).includes(item) ? item : list);

const isPlaceholder = (value: unknown): value is string => typeof value === "string" && /^\$[a-z_]+$/.test(value);

function learn(expected: unknown, actual: unknown, known: Map<string, string>): void {
  if (isPlaceholder(expected)) {
    if (typeof actual === "string" && !known.has(expected)) known.set(expected, actual);
  } else if (typeof expected === "object" && expected !== null && typeof actual === "object" && actual !== null) {
    for (const [key, value] of Object.entries(expected)) learn(value, (actual as Record<string, unknown>)[key], known);
  }
}

function fill(value: unknown, known: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return value.replace(/\$[a-z_]+/g, (name) => known.get(name) ?? name);
  if (Array.isArray(value)) return value.map((item) => fill(item, known));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, known)]));
}
