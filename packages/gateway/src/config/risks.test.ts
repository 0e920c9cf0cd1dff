import { expect, test } from "vitest";
import { readConfig } from "./read.ts";
import { settingsWithRisks } from "./risks.ts";

const risksOf = (env: Record<string, string>) =>
  new Map(settingsWithRisks(readConfig(env)).flatMap(({ env: name, risk }) => (risk === null ? [] : [[name, risk]])));

test.each([
  ["AGENTGATE_PUBLIC_URL", "http://gate.example", "https://gate.example"],
  ["AGENTGATE_HOST", "0.0.0.0", "192.0.2.7"],
  ["AGENTGATE_API_KEY", "shortkey", "a-key-of-more-than-24-characters"],
  ["AGENTGATE_ALLOW_PRIVATE_NETWORKS", "1", "0"],
  ["AGENTGATE_TRUSTED_PROXIES", "0.0.0.0/1", "10.0.0.0/8"],
  ["AGENTGATE_SECRET_KEY", "", "0123456789abcdef"],
  ["AGENTGATE_SECRET_KEY_PREVIOUS", "0123456789abcdef", ""],
  ["AGENTGATE_TOPUP", "open", "admin"],
  ["AGENTGATE_SELF_SERVICE_TIERS", "1", "0"],
  ["AGENTGATE_ALLOW_UNPAID", "1", "0"],
  ["AGENTGATE_APPROVAL", "off", "changes"],
  ["AGENTGATE_ANONYMOUS_REVIEWS", "1", "0"],
  ["AGENTGATE_HEALTH_INTERVAL_SECONDS", "3600", "60"],
  ["AGENTGATE_AUDIT_DAYS", "7", "0"],
  ["AGENTGATE_DRAIN_SECONDS", "5", "30"],
  ["AGENTGATE_LEDGER_DATES_UNTIL", "2036-01-01T00:00:00Z", ""],
  ["AGENTGATE_DEPLOY_RUNTIME", "process", "docker"],
  ["AGENTGATE_LOG_LEVEL", "silent", "info"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317", "http://localhost:4318"],
])("%s=%s is risky, and %s is not", (variable, risky, safe) => {
  expect(risksOf({ [variable]: risky }).get(variable)).toMatch(/^[A-Z].*\.?$/);
  expect(risksOf({ [variable]: safe }).get(variable)).toBe(undefined);
});

test("limits without Redis are each node's own, where there may be several", () => {
  const DATABASE_URL = "postgres://gate@db.example/gate";
  expect(risksOf({ DATABASE_URL }).get("REDIS_URL")).toContain("Each node counts by itself");
  expect(risksOf({ DATABASE_URL, REDIS_URL: "redis://cache.example" }).has("REDIS_URL")).toBe(false);
  expect(risksOf({}).has("REDIS_URL")).toBe(false);
});

test("no risk tells a secret", () => {
  const secrets = { AGENTGATE_API_KEY: "short-one", AGENTGATE_SECRET_KEY_PREVIOUS: "previous-0123456789" };
  expect([...risksOf(secrets).values()].join(" ")).not.toMatch(/short-one|previous-0123456789/);
});
