import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { askForTask, callAgain } from "./call-commands.ts";
import type { LogRow } from "./log-row.ts";

const call = (fields: Partial<LogRow>) =>
  ({ id: "1", agent_id: "a", entrance: "rest", skill: null, protocol: "plain", ...fields }) as LogRow;
/** What a shell makes of the command's arguments. */
const argumentsOf = (command: string): string[] =>
  execFileSync("sh", ["-c", `curl() { for each in "$@"; do printf '%s\\0' "$each"; done; }; ${command}`])
    .toString()
    .split("\0")
    .slice(0, -1);

test("the same agent is called by the same entrance", () => {
  for (const [entrance, path] of [
    ["rest", "/agents/a/task"],
    ["sse", "/agents/a/task/stream"],
    ["a2a_rest", "/agents/a/message:send"],
    ["a2a_jsonrpc", "/agents/a"],
    [null, "/agents/a/task"],
  ] as const) {
    const given = argumentsOf(callAgain(call({ entrance }), "http://gate"));
    expect(given).toContain(`http://gate${path}`);
    expect(() => JSON.parse(given.at(-1)!)).not.toThrow();
  }
});

test("a tool is called again by its name, a skill is named beside what is said; neither is a part of the command", () => {
  const skill = `it's "$(dear)"`;
  for (const [protocol, entrance, parts] of [
    ["mcp", "rest", [{ type: "data", data: { tool: skill, arguments: {} } }]],
    ["plain", "rest", [{ type: "text", text: "…" }]],
    ["site", "a2a_rest", [{ data: { tool: skill, arguments: {} } }]],
  ] as const) {
    const { message } = JSON.parse(argumentsOf(callAgain(call({ protocol, entrance, skill }), "http://gate")).at(-1)!);
    expect(message.parts).toEqual(parts);
    expect(message.metadata).toEqual(protocol === "plain" ? { "dev.agentgate/skill": skill } : undefined);
  }
});

test("a task's id, whatever its agent made it, is no part of the command", () => {
  const id = `x'; touch /tmp/owned; echo '"$(id)`;
  const given = argumentsOf(askForTask(call({ protocol: "a2a", task_id: id }), "http://gate")!);
  expect(JSON.parse(given.at(-1)!).params.id).toBe(id);
  expect(askForTask(call({ protocol: "plain", task_id: id }), "http://gate")).toBeUndefined();
});
