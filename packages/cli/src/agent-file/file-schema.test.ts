import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromJsonSchema } from "@agentgate/site/json-schema";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { readers } from "./fields.ts";
import { fileSchema } from "./file-schema.ts";
import { parseAgentFile } from "./parse-agent-file.ts";

const templates = fileURLToPath(new URL("../../templates/", import.meta.url));
const schema = fromJsonSchema<unknown>(fileSchema);
const isRight = async (value: unknown) => !(await schema["~standard"].validate(value)).issues;

function isTaken(value: unknown): boolean {
  try {
    parseAgentFile("agentgate.yaml", stringify(value), { isHosted: true });
    return true;
  } catch {
    return false;
  }
}

/** `UPDATE_DOCS=1` writes it anew; `npm run format` lays it out. */
test("the schema that init gives editors is that of the code", () => {
  const file = `${templates}shared/agentgate-yaml.schema.json`;
  if (process.env.UPDATE_DOCS) writeFileSync(file, JSON.stringify(fileSchema, null, 2));
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(fileSchema);
});

/** Of each field, values that may stand there and some that may not. */
const values: Record<keyof typeof readers, [right: unknown[], wrong: unknown[]]> = {
  name: [
    ["a", "x".repeat(255)],
    ["", "x".repeat(256), 5, ["a"]],
  ],
  description: [
    ["", "Does it"],
    ["x".repeat(10_001), 5],
  ],
  url: [
    ["https://a.test", "HTTP://127.0.0.1:1/x"],
    ["a.test", "ftp://a.test", "https://", 5],
  ],
  site: [["https://a.test"], ["a.test", 5]],
  mcp: [["https://a.test/mcp"], ["a.test", 5]],
  protocol: [
    ["auto", "plain", "a2a"],
    ["soap", 5],
  ],
  card: [
    ["https://a.test/card.json", "./card.json"],
    ["", 5],
  ],
  version: [
    ["1.0.0", 1, 1.5],
    ["", "x".repeat(51), true, []],
  ],
  skills: [
    [[], ["chat"], [{ id: "chat", name: "Chat", level: 3 }], [{ name: "Chat" }]],
    ["chat", [""], [5], [{}], [[]]],
  ],
  tags: [
    [[], ["a"]],
    ["a", [""], [5], ["x".repeat(65)]],
  ],
  price_per_task: [
    [0, 0.05, "0.05", ".5"],
    [-1, "free", "", true, []],
  ],
  prices: [
    [{}, { a: 0.1, b: "2" }],
    [{ a: -1 }, { a: "dear" }, [], 5],
  ],
  tools: [
    [{}, { include: ["a"] }, { prices: { a: 1 } }],
    [{ include: [] }, { include: [5] }, { prices: 5 }, { only: [] }, []],
  ],
  trust: [
    ["pin", "auto"],
    ["never", 5],
  ],
  session: [
    ["caller", "shared"],
    ["none", 5],
  ],
  timeout_ms: [
    [100, 600_000],
    [99, 600_001, 100.5, "100s"],
  ],
  visibility: [
    ["public", "org", "granted"],
    ["all", 5],
  ],
  webhook_url: [["https://a.test/hook"], ["a.test", 5]],
  agent_api_key: [["secret"], ["", 5]],
  org_id: [["7d138c1b-2f6b-43cb-bd89-7a45e4bfe99c"], ["acme", 5]],
  command: [
    ["node a.ts", ["node", "a.ts"]],
    ["", [], [5], 5],
  ],
  env: [
    [{}, { A: "x", B: 5, C: true }],
    [{ A: [] }, [], "A=x"],
  ],
};

test.each(Object.entries(values))(
  "%s: editors and deploy agree on what may stand there",
  async (field, [right, wrong]) => {
    for (const [all, may] of [
      [right, true],
      [wrong, false],
    ] as const) {
      for (const value of all) {
        const file =
          field === "name" || field === "site" || field === "mcp" ? { [field]: value } : { name: "a", [field]: value };
        expect([value, await isRight(file), isTaken(file)]).toEqual([value, may, may]);
      }
    }
  },
);

test("a field that nobody knows is wrong, and a file that names nothing", async () => {
  for (const file of [{ name: "a", price: 5 }, { url: "https://a.test" }, [], {}]) {
    expect([file, await isRight(file), isTaken(file)]).toEqual([file, false, false]);
  }
});

test("what init makes points editors at it, and is right by it", async () => {
  const files = globSync("*/agentgate.yaml", { cwd: templates });
  expect(files).toHaveLength(4);
  for (const file of files) {
    const made = readFileSync(`${templates}${file}`, "utf8");
    expect(made).toMatch(/^# yaml-language-server: \$schema=agentgate-yaml\.schema\.json\n/);
    expect([file, await isRight(parse(made))]).toEqual([file, true]);
  }
});
