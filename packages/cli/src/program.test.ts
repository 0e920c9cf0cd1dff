import { freePort } from "@agentgate/testing";
import { expect, test, vi } from "vitest";
import { commands } from "./commands/index.ts";
import { run } from "./program.ts";
import { runAgentgate } from "./testing/run-agentgate.ts";

test("without arguments it explains itself", async () => {
  const { exitCode, stdout, stderr } = await runAgentgate([]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const { usage, summary } of commands) {
    expect(stdout).toContain(usage);
    expect(stdout).toContain(summary);
  }
  expect(stdout).toContain("AGENTGATE_API_KEY");
});

/** In this process: a start for each command would be the most of this file's time. */
async function saidBy(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      said[stream] += text;
      return true;
    }),
  );
  try {
    return { exitCode: await run(args), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test.each(commands.map(({ usage }) => usage))("explains %s with examples", async (usage) => {
  const [name = ""] = usage.split(" ");
  const { exitCode, stdout, stderr } = await saidBy(["help", name]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`^Usage: agentgate ${name} `));
  expect(stdout).toContain(`  $ agentgate ${name}`);
  expect(stdout).toContain("--json");
});

test("a process says the same, and ends with the same", async () => {
  for (const args of [
    ["help", "deploy"],
    ["tier", "o", "gold"],
    ["logs", "a", "b", "--json"],
  ]) {
    expect(await runAgentgate(args)).toEqual(await saidBy(args));
  }
});

test("--help explains as help does", async () => {
  expect(await saidBy(["help", "bump"])).toEqual(await saidBy(["bump", "--help"]));
});

test("a command's own options come before those of every command", async () => {
  for (const name of ["list", "wallet"]) {
    const { stdout } = await saidBy(["help", name]);
    expect(stdout.indexOf("--help")).toBeLessThan(stdout.indexOf("Global options:"));
  }
});

test("what calls sites offers their key, and no gateway", async () => {
  for (const args of [
    ["help", "discover"],
    ["manifest", "diff", "--help"],
  ]) {
    const { stdout } = await saidBy(args);
    expect(stdout).toContain("AGENTGATE_SITE_KEY");
    expect(stdout).not.toContain("AGENTGATE_SERVER");
  }
});

test("--version prints the version alone", async () => {
  expect(await runAgentgate(["--version"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test.each([
  [["lst"], "Did you mean list?", "agentgate --help"],
  [["help", "lst"], "Did you mean list?", "agentgate --help"],
  [["--nonsense"], "unknown option", "agentgate --help"],
  [["manifest"], "agentgate manifest diff", "agentgate help manifest"],
  [["manifest", "dif"], "Did you mean diff?", "agentgate help manifest"],
  [["logs", "--status", "odd"], "Allowed choices are success, error", "agentgate help logs"],
  [["logs", "a", "b"], "too many arguments", "agentgate help logs"],
  [["logs", "a", "--limit", "0"], "whole number from 1 to 200", "agentgate help logs"],
  [["logs", "a", "--limit", "1e2"], "whole number from 1 to 200", "agentgate help logs"],
  [["billing", "a", "--period", "year"], "Allowed choices are day, month", "agentgate help billing"],
  [["bump", "huge"], "Allowed choices are major, minor, patch", "agentgate help bump"],
  [["topup", "o", "much"], "amount of dollars", "agentgate help topup"],
  [["topup", "o", "-5"], "amount cannot be '-5'. It must be an amount of dollars", "agentgate help topup"],
  [["tier", "o", "gold"], "Allowed choices are free, pro, enterprise", "agentgate help tier"],
  [
    ["call"],
    "missing required argument 'agent'",
    "Usage: agentgate call <agent> [words...]\n  See: agentgate help call",
  ],
  [
    ["org", "create"],
    "missing required argument 'name'",
    "Usage: agentgate org create <name>\n  See: agentgate help org create",
  ],
  [["secrets"], "Say what to do: agentgate secrets rotate | forget", "agentgate help secrets"],
  [["completion"], "Say which shell: agentgate completion bash | zsh | fish", "agentgate help completion"],
  [["tier"], "missing required argument 'org'", "Usage: agentgate tier <org> [tier]"],
  [["apply", "-f", "/nowhere.yaml"], "There is no file /nowhere.yaml", "agentgate export > gateway.yaml"],
  [["update", "a"], "Nothing to change was given", "agentgate update"],
  [["update", "a", "--skills", "chat"], "JSON list of objects", "agentgate help update"],
  [["serve", "--port", "70000"], "whole number from 0 to 65535", "agentgate help serve"],
  [["list", "--server", "ftp://gateway.example"], "is not the address of a gateway", "http://127.0.0.1:8000"],
])("%j is a usage error", async (args, message, hint) => {
  const { exitCode, stdout, stderr } = await saidBy(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

test.each([
  [["lst", "--json"], { code: "usage" }],
  [["--json", "logs", "a", "b"], { code: "usage" }],
  [["manifest", "--json"], { code: "usage" }],
  [["update", "a", "--json"], { code: "nothing_to_change" }],
  [["deploy", "/nowhere", "--json"], { code: "agent_file_missing", message: "There is no file or directory /nowhere" }],
])("%j says so in JSON", async (args, error) => {
  const { exitCode, stdout, stderr } = await saidBy(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({ error });
});

test("a gateway that is not there is named, with what to do", async () => {
  const server = `http://127.0.0.1:${await freePort()}`;
  const { exitCode, stdout, stderr } = await runAgentgate(["list"], { env: { AGENTGATE_SERVER: server } });
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain(`Cannot reach ${server}`);
  expect(stderr).toContain("agentgate serve");
  const json = await runAgentgate(["--json", "status", "--server", server]);
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stderr).error).toMatchObject({ code: "unreachable" });
});
