import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** What the tests of one file were answered by one operation. */
export interface RecordedAnswers {
  /** Such as `GET /agents/:`, whatever its parameters are called. */
  operation: string;
  /** The test's file. */
  file: string;
  statuses: number[];
  /** Members of JSON answers of success, as `agents[].name`. */
  fields: string[];
}

const BODY_CHARACTERS_MAX = 1_000_000;

/**
 * Notes what a gateway answers in tests, for the page of which operations and fields they reach; only where a directory is named to write
 * it to. To be called before the server listens.
 *
 * @returns writes it
 */
export async function recordAnswers(app: FastifyInstance, directory: string | undefined): Promise<() => void> {
  if (!directory) return () => {};
  // Whoever starts such a gateway outside of a test has no use for it.
  const { expect } = await import("vitest");
  const answers = new Map<string, { file: string; operation: string; statuses: Set<number>; fields: Set<string> }>();
  const noted = (operation: string) => {
    const file = expect.getState().testPath?.replace(/^.*\/(?=(?:packages|tests|examples|tools)\/)/, "") ?? "";
    const key = `${file} ${operation}`;
    let found = answers.get(key);
    if (!found) {
      found = { file, operation, statuses: new Set(), fields: new Set() };
      answers.set(key, found);
    }
    return found;
  };
  app.addHook("onRequest", async (request, { raw }) => {
    const operation = operationOf(request);
    if (operation !== undefined) raw.on("finish", () => noted(operation).statuses.add(raw.statusCode));
  });
  app.addHook("onSend", async (request, { statusCode }, payload) => {
    const operation = operationOf(request);
    const text = Buffer.isBuffer(payload) ? payload.toString() : payload;
    const isJson = typeof text === "string" && /^\s*[[{]/.test(text) && text.length <= BODY_CHARACTERS_MAX;
    if (operation === undefined || statusCode >= 300 || !isJson) return payload;
    try {
      addFields(JSON.parse(text), "", noted(operation).fields);
    } catch {
      // Text that only looks like JSON.
    }
    return payload;
  });
  return () => {
    const lines = [...answers.values()].map(({ file, operation, statuses, fields }) =>
      JSON.stringify({ file, operation, statuses: [...statuses], fields: [...fields] } satisfies RecordedAnswers),
    );
    answers.clear();
    if (lines.length > 0) appendFileSync(join(directory, `${process.pid}.jsonl`), `${lines.join("\n")}\n`);
  };
}

/** Where one route answers several operations, as with `message:send`, the path itself says which. */
function operationOf({ method, routeOptions, url }: FastifyRequest): string | undefined {
  if (routeOptions.url === undefined) return undefined;
  const segments = routeOptions.url.replace(/(.)\/$/, "$1").split("/");
  const asked = url
    .split("?", 1)[0]!
    .replace(/(.)\/$/, "$1")
    .split("/")
    .at(-1)!;
  const verb = /:[a-z]+$/.exec(asked)?.[0];
  const last = segments.at(-1)!;
  const named = segments.map((segment) => (segment.startsWith(":") ? ":" : segment));
  if (verb && last.startsWith(":")) named[named.length - 1] = last.includes("(") ? asked : `:${verb}`;
  return `${method} ${named.join("/")}`;
}

const DEPTH_MAX = 6;

function addFields(value: unknown, path: string, fields: Set<string>, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (const item of value.slice(0, 50)) addFields(item, `${path}[]`, fields, depth + 1);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const at = path ? `${path}.${name}` : name;
    fields.add(at);
    addFields(member, at, fields, depth + 1);
  }
}
