import { AgentGateClient } from "@agentgate/client";
import { findProgram, freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { commands } from "../commands/index.ts";
import { hasTerminal, programOnTerminal } from "../testing/on-terminal.ts";
import { binPath, runAgentgate, runProgram } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";
import { type Shell, scripts } from "./scripts.ts";

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serveGateway();
  const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  await admin.createOrg("acme");
  for (const name of ["translator", "transcriber", "other", "evil$(touch x)", "evil;ls", "evil\u001b[2J"]) {
    await admin.registerAgent(name, "http://127.0.0.1:19999", { description: "It\tdoes\nthings" });
  }
});
afterAll(() => gateway?.stop("SIGKILL"));

const completed = async (...words: string[]) => {
  const { exitCode, stdout, stderr } = await gateway.run(["__complete", ...words]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t", 1)[0]!);
};

test("commands, actions, options and their values are completed", async () => {
  const names = commands.map(({ usage }) => usage.split(" ", 1)[0]!);
  expect(await completed("")).toEqual(expect.arrayContaining(names));
  expect((await completed("de")).sort()).toEqual(
    ["delete", "deploy"].concat(names.includes("dev") ? "dev" : []).sort(),
  );
  expect(await completed("keys", "cr")).toEqual(["create"]);
  expect(await completed("deploy", "--vis")).toEqual(["--visibility"]);
  expect(await completed("--json", "deploy", "--visibility", "")).toEqual(["public", "org", "granted"]);
  expect(await completed("tier", "acme", "p")).toEqual(["pro"]);
  expect(await completed("keys", "create", "--sc")).toEqual(["--scopes"]);
});

test("names of agents and organizations are, but none that would mean something to a shell", async () => {
  expect((await completed("logs", "trans")).sort()).toEqual(["transcriber", "translator"]);
  expect((await completed("chains", "run", "tr")).length).toBe(0);
  expect(await completed("agents", "grant", "other", "a")).toEqual(["acme"]);
  expect(await completed("wallet", "m")).toEqual(["me"]);
  const { stdout } = await gateway.run(["__complete", "call", ""]);
  expect(stdout).toContain("translator\tIt does things\n");
  expect(stdout).not.toContain("evil");
  const nobody = { env: { AGENTGATE_SERVER: `http://127.0.0.1:${await freePort()}` } };
  expect(await runAgentgate(["__complete", "logs", "t"], nobody)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

test("bash completes with the script that is printed", async () => {
  const script = [
    'eval "$(agentgate completion bash)"',
    `COMP_WORDS=(agentgate logs transc); COMP_CWORD=2; _agentgate; echo "\${COMPREPLY[@]}"`,
    `COMP_WORDS=(agentgate und); COMP_CWORD=1; _agentgate; echo "\${COMPREPLY[@]}"`,
  ].join("\n");
  const command = `${asFunction}\n${script}`;
  const env = { AGENTGATE_SERVER: gateway.url };
  const { stdout, stderr } = await runProgram("bash", ["-ec", command], { env });
  expect([stdout, stderr]).toEqual(["transcriber\nundeploy\n", ""]);
});

/** The command as shells know it. */
const asFunction = `agentgate() { '${process.execPath}' '${binPath}' "$@"; }`;

test("zsh completes with the script that is printed", async ({ skip }) => {
  const zsh = findProgram("zsh");
  if (!zsh || !hasTerminal) return skip("zsh, or script of util-linux, is not installed");
  const home = temporaryDirectory("zsh");
  onTestFinished(() => home.remove());
  const begin = `${asFunction}; autoload -Uz compinit; compinit -u -D; source <(agentgate completion zsh); PS1="ready> "\r`;
  // Where zsh begins to edit a line: the prompt, or what clears the rest of it.
  const { screen } = await programOnTerminal([zsh, "-f", "-i"], {
    env: { AGENTGATE_SERVER: gateway.url, HOME: home.path, ZDOTDIR: home.path },
    columns: 200,
    answers: [
      ["\u001b[K", begin],
      ["\u001b[Jready> ", "agentgate logs transc\t"],
      ["riber", "\u0015agentgate und\t"],
      ["eploy", "\u0015exit\r"],
    ],
  });
  expect(screen).toContain("agentgate logs transcriber");
  expect(screen).toContain("agentgate undeploy");
});

test("fish completes with the script that is printed", async ({ skip }) => {
  const fish = findProgram("fish");
  if (!fish) return skip("fish is not installed");
  const home = temporaryDirectory("fish");
  onTestFinished(() => home.remove());
  const script = [
    `function agentgate; '${process.execPath}' '${binPath}' $argv; end`,
    "agentgate completion fish | source",
    "complete -C 'agentgate logs transc'",
    "complete -C 'agentgate und'",
  ].join("\n");
  const env = { AGENTGATE_SERVER: gateway.url, HOME: home.path };
  const { stdout, stderr } = await runProgram(fish, ["--no-config", "-c", script], { env });
  expect([stdout, stderr]).toEqual([
    "transcriber\tIt does things\nundeploy\tStop an agent that the gateway runs\n",
    "",
  ]);
});

test.each(Object.keys(scripts) as Shell[])("the script for %s is one that it understands", async (shell) => {
  const { exitCode, stdout } = await runAgentgate(["completion", shell]);
  expect([exitCode, stdout]).toEqual([0, scripts[shell]]);
  if (!findProgram(shell)) return;
  expect(await runProgram(shell, ["-n", "-c", stdout])).toMatchObject({ exitCode: 0, stderr: "" });
});
