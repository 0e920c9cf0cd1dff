import { spawnSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestGateway,
  textTask,
} from "../../packages/gateway/src/testing/index.ts";
import { temporaryDirectory } from "../../packages/testing/src/index.ts";
import { built, hasGo } from "./tools.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const rules = `${root}deploy/prometheus/agentgate.rules.yaml`;
const dashboards = globSync(`${root}deploy/grafana/*.json`);

describe.skipIf(!hasGo)("Prometheus and Grafana", () => {
  let promtool: string;
  let gate: TestGateway;
  const directory = temporaryDirectory("promtool");
  const closers: (() => unknown)[] = [() => directory.remove()];
  const check = (args: string[], input?: string) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, {
      encoding: "utf8",
      ...(input !== undefined && { input }),
    });
    return { status, said: (stdout + stderr).trim() };
  };

  beforeAll(async () => {
    promtool = await built("promtool", "github.com/prometheus/prometheus/cmd/promtool");
    gate = await startTestGateway("sqlite", { otlpEndpoint: "http://127.0.0.1:4318" });
    const agent = await startAgent();
    closers.push(gate.close, agent.close);
    await gate.gateway.start();
    const { id } = await gate.register({ name: 'an "agent" \\ of\nlines', url: agent.url });
    await gate.call("POST", `/agents/${id}/task`, textTask("x"));
    await gate.call("POST", `/agents/${id}/task`, "{");
  }, 3_600_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  test("promtool finds nothing to say about the metrics", async () => {
    const headers = { accept: "text/plain", authorization: `Bearer ${ADMIN_KEY}` };
    for (let reading = 0; reading < 2; reading++) {
      const text = await (await fetch(`${gate.url}/metrics`, { headers })).text();
      expect(text).toContain("agentgate_refusals_total");
      expect(check(["check", "metrics"], text)).toEqual({ status: 0, said: "" });
    }
  });

  test("promtool accepts the alerts", () => {
    expect(check(["check", "rules", rules])).toMatchObject({ status: 0, said: expect.stringContaining("SUCCESS") });
  });

  test("alerts fire when they should, and only then", () => {
    const file = join(directory.path, "alerts.test.yaml");
    const cases = readFileSync(new URL("alerts.test.yaml", import.meta.url), "utf8");
    writeFileSync(file, cases.replace("[RULES]", `["${rules}"]`));
    expect(check(["test", "rules", file])).toMatchObject({ status: 0, said: expect.stringContaining("SUCCESS") });
  });

  test("Prometheus understands what the dashboard asks", () => {
    const asked = dashboards.flatMap((dashboard) =>
      JSON.parse(readFileSync(dashboard, "utf8")).panels.flatMap(({ targets = [] }: any) =>
        targets.map(({ expr }: any) => expr),
      ),
    );
    expect(asked.length).toBeGreaterThan(30);
    const recorded = asked.map((expr: string, at: number) => ({
      record: `asked:${at}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*").replaceAll("$instance", ".*"),
    }));
    const file = join(directory.path, "asked.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "asked", rules: recorded }] }));
    expect(check(["check", "rules", file])).toMatchObject({ status: 0, said: expect.stringContaining("SUCCESS") });
  });

  test("the dashboard is one by Grafana's own schema", async () => {
    const program = await built("dashboard");
    for (const dashboard of dashboards) {
      const { status, stdout, stderr } = spawnSync(program, [dashboard], { encoding: "utf8" });
      expect({ status, stderr, stdout }).toEqual({
        status: 0,
        stderr: "",
        stdout: expect.stringMatching(/^AgentGate: \d+ panels/),
      });
    }
  }, 3_600_000);
});
