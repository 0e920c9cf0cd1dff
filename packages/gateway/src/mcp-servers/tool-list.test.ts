import { expect, test } from "vitest";
import { MODERN_REVISION, type ToolList } from "./index.ts";
import { openServers, placeOf } from "./testing/open-servers.ts";
import { answer, aTool, type Script, serving, startScriptedServer } from "./testing/scripted-server.ts";

const speech = { era: "modern", version: MODERN_REVISION } as const;

async function listed(script: Script, include?: string[]): Promise<ToolList> {
  await using servers = openServers();
  const server = await startScriptedServer(script);
  try {
    return await servers.tools(placeOf(server.url), speech, include);
  } finally {
    await server.close();
  }
}

const listOf = (tools: readonly Record<string, unknown>[], include?: string[]) =>
  listed(
    serving(() => tools),
    include,
  );

const marked = (name: string, type = "string") => ({
  type: "object",
  properties: { a: { type, "x-mcp-header": name } },
});

test.each<[what: string, tool: Record<string, unknown>, reason: RegExp]>([
  ["no schema", aTool({ inputSchema: undefined }), /no input schema/],
  ["a schema of a list", aTool({ inputSchema: { type: "array" } }), /type is object/],
  [
    "a reference to another host",
    aTool({ inputSchema: { type: "object", properties: { a: { $ref: "https://evil.example/s.json" } } } }),
    /\$ref/,
  ],
  [
    "a reference to a file, deep in its $defs",
    aTool({ inputSchema: { type: "object", $defs: { a: { items: { $ref: "file:///etc/passwd" } } } } }),
    /\$ref/,
  ],
  ["a network reference in what it answers", aTool({ outputSchema: { $ref: "http://169.254.169.254/" } }), /\$ref/],
  ["a schema a hundred levels deep", aTool({ inputSchema: deep(100) }), /nested/],
  [
    "70,000 characters of schema",
    aTool({ inputSchema: { type: "object", description: "x".repeat(70_000) } }),
    /65536|characters/,
  ],
  ["a description of 20,000 characters", aTool({ description: "x".repeat(20_000) }), /description/],
  ["a header mark that names no header", aTool({ inputSchema: marked("X Y") }), /x-mcp-header/],
  ["a header mark on a number", aTool({ inputSchema: marked("Size", "number") }), /x-mcp-header/],
  [
    "a header mark within a list",
    aTool({
      inputSchema: {
        type: "object",
        properties: { a: { type: "array", items: { type: "string", "x-mcp-header": "A" } } },
      },
    }),
    /x-mcp-header/,
  ],
  [
    "two marks of one name",
    aTool({
      inputSchema: {
        type: "object",
        properties: { a: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
      },
    }),
    /Mcp-Param-A/,
  ],
  ["a name with a line break", aTool({ name: "a\nMcp-Method: x" }), /name/],
  ["a name that turns text around", aTool({ name: "a\u202eb" }), /name/],
  ["no name", aTool({ name: undefined }), /name/],
])("a tool with %s is skipped, and the others are offered", async (_, tool, reason) => {
  const { tools, skipped } = await listOf([tool, aTool({ name: "good" })]);
  expect(tools.map(({ name }) => name)).toEqual(["good"]);
  expect(skipped).toHaveLength(1);
  expect(skipped[0]!.reason).toMatch(reason);
  expect(skipped[0]!.name).not.toMatch(/[\n\u202e]/);
});

test("of 513 tools 512 are offered, and it is said which one is not", async () => {
  const { tools, skipped } = await listOf(Array.from({ length: 513 }, (_, index) => aTool({ name: `t${index}` })));
  expect(tools).toHaveLength(512);
  expect(skipped).toEqual([{ name: "t512", reason: expect.stringContaining("512") }]);
});

test("tools take a megabyte at most, however many they are", async () => {
  const large = Array.from({ length: 40 }, (_, index) =>
    aTool({ name: `t${index}`, inputSchema: { type: "object", description: "x".repeat(60_000) } }),
  );
  const { tools, skipped } = await listOf(large);
  expect(Buffer.byteLength(JSON.stringify(tools))).toBeLessThan(1_048_576);
  expect(tools.length + skipped.length).toBe(40);
});

test("only what is wanted is offered; of what is wanted and not there it is told", async () => {
  const { tools, skipped } = await listOf([aTool({ name: "a" }), aTool({ name: "b" })], ["b", "c"]);
  expect(tools.map(({ name }) => name)).toEqual(["b"]);
  expect(skipped).toEqual([{ name: "c", reason: "is not listed by the server" }]);
});

test("a list is read page by page, and no further when it goes in a circle", async () => {
  let pages = 0;
  const { tools } = await listed((asked, response) => {
    pages++;
    const page = Number(asked.params.cursor ?? 0);
    answer(asked, response, { tools: [aTool({ name: `t${page}` })], nextCursor: `${(page + 1) % 3}` });
  });
  expect(pages).toBeLessThanOrEqual(5);
  expect(new Set(tools.map(({ name }) => name))).toEqual(new Set(["t0", "t1", "t2"]));
});

test("a list whose next page has a name without end is read no further", async () => {
  let pages = 0;
  const { tools } = await listed((asked, response) => {
    answer(asked, response, { tools: [aTool({ name: `t${pages}` })], nextCursor: `${++pages}`.repeat(10_000) });
  });
  expect([pages, tools.length]).toEqual([1, 1]);
});

function deep(levels: number): Record<string, unknown> {
  let schema: Record<string, unknown> = { type: "string" };
  for (let level = 0; level < levels; level++) schema = { type: "object", properties: { a: schema } };
  return schema;
}
