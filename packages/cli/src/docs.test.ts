import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readers } from "./agent-file/fields.ts";
import { parseAgentFile } from "./agent-file/parse-agent-file.ts";
import { commands } from "./commands/index.ts";
import { parseGatewayFile } from "./config/parse-gateway-file.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("the page names every command", () => {
  for (const { usage } of commands) expect(page).toContain(`\`${usage}\``);
});

/** What takes the place of other fields. */
const instead = ["site", "mcp", "prices"];

test("the page's agentgate.yaml is a good one, with every field", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const agent = parseAgentFile("agentgate.yaml", yaml);
  expect(Object.keys(agent)).toHaveLength(Object.keys(readers).filter((field) => !instead.includes(field)).length);
});

test("the gateway.yaml of its page is a good one, with every section", () => {
  const about = readFileSync(new URL("../../../docs/configuration-as-code.md", import.meta.url), "utf8");
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(about) ?? [];
  expect(Object.keys(parseGatewayFile("gateway.yaml", yaml))).toEqual(["orgs", "agents", "webhooks", "chains"]);
});

test("what operators are told to pack, and what the image packs, is the command with every package that it needs", () => {
  const root = new URL("../../../", import.meta.url);
  const needed = new Set<string>();
  const need = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), "utf8"));
    for (const other of Object.keys(dependencies)) {
      if (other.startsWith("@agentgate/")) need(other.replace("@agentgate/", ""));
    }
  };
  need("cli");
  const told = ["docs/install.md", "Dockerfile"].map((file) => {
    const [, list = ""] = /npm pack ((?:.*\\\n)?.*)/.exec(readFileSync(new URL(file, root), "utf8")) ?? [];
    return [...list.matchAll(/-w packages\/(\w+)/g)].map(([, name]) => name).sort();
  });
  expect(told).toEqual([[...needed].sort(), [...needed].sort()]);
});
