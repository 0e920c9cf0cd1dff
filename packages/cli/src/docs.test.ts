import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readers } from "./agent-file/fields.ts";
import { parseAgentFile } from "./agent-file/parse-agent-file.ts";
import { commands } from "./commands/index.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("the page names every command", () => {
  for (const { usage } of commands) expect(page).toContain(`\`${usage}\``);
});

test("the page's agentgate.yaml is a good one, with every field", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const agent = parseAgentFile("agentgate.yaml", yaml);
  expect(Object.keys(agent)).toHaveLength(Object.keys(readers).length);
});
