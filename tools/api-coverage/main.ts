// Runs the tests that speak to gateways over HTTP, or those that are named, notes what they are answered, and writes docs/api-coverage.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Beside these, many more speak to gateways; these reach everything. */
const tests = [
  ...[
    "tests/existing-sdks",
    "tests/existing-clients",
    "tests/hostile-input",
    "tests/sites",
    "tests/shared-limits",
    "tests/client/",
    "packages/client/src/gateway/real-gateway",
  ],
  ...[
    "agents",
    "orgs",
    "billing/billing",
    "billing/entries",
    "billing/ledger-state",
    "billing/statement",
    "call-log",
    "chains",
    "health",
    "keys",
    "metrics",
    "webhooks",
    "ucp",
    "deploy",
    "audit",
    "events",
    "nodes",
    "web/sessions",
    "mcp/",
    "directory",
  ].map((room) => `packages/gateway/src/${room}`),
  ...[
    "routing/routing",
    "routing/streaming",
    "a2a/registration",
    "a2a/cards",
    "a2a/list-tasks",
    "a2a/push",
    "a2a/isolation",
    "a2a/send",
    "a2a/streaming",
    "a2a/pass-through",
    "a2a/whole-answers",
  ].map((part) => `packages/gateway/src/${part}`),
];

const directory = mkdtempSync(join(tmpdir(), "agentgate-answers-"));
const vitest = (args: readonly string[], env: Record<string, string>) =>
  spawnSync("npx", ["vitest", "run", ...args], { stdio: "inherit", env: { ...process.env, ...env } });
const named = process.argv.slice(2);
vitest(named.length > 0 ? named : tests, { AGENTGATE_TEST_ANSWERS: directory });
const { status } = vitest(["tests/api-coverage.test.ts"], {
  AGENTGATE_TEST_RECORDED: directory,
  AGENTGATE_TEST_RECORDED_PART: named.length > 0 ? "1" : "0",
});
rmSync(directory, { recursive: true, force: true });
process.exitCode = status ?? 1;
