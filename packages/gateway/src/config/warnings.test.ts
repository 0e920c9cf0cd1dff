import { expect, test } from "vitest";
import { readConfig } from "./read.ts";
import { settings } from "./settings.ts";
import { configWarnings } from "./warnings.ts";

const warningsOf = (env: Record<string, string>) => configWarnings(readConfig(env), env);

test.each([
  ["AGENTGATE_TOPUPS", "AGENTGATE_TOPUP"],
  ["AGENTGATE_PUBLIC", "AGENTGATE_PUBLIC_URL"],
  ["AGENTGATE_RATELIMIT", "AGENTGATE_RATE_LIMIT"],
  ["AGENTGATE_DATABASE_URL", "DATABASE_URL"],
  ["AGENTGATE_Api_Key", "AGENTGATE_API_KEY"],
])("%s is named, and that %s may be meant", (variable, meant) => {
  expect(warningsOf({ [variable]: "x" })).toEqual([
    `${variable} is no setting, and does nothing; did you mean ${meant}?`,
  ]);
});

test("what is like no setting is named, too; its value is not", () => {
  expect(warningsOf({ AGENTGATE_FROBNICATION: "secret" })).toEqual([
    "AGENTGATE_FROBNICATION is no setting, and does nothing; docs/configuration.md has them all",
  ]);
});

test("settings, the client's variables and Kubernetes' are no slips", () => {
  const variables = [
    ...Object.values(settings).map(({ env }) => env),
    "AGENTGATE_SERVER",
    "AGENTGATE_SERVICE_HOST",
    "AGENTGATE_SERVICE_PORT_HTTP",
    "AGENTGATE_PORT_8000_TCP_ADDR",
    "PATH",
  ];
  const env = Object.fromEntries(variables.map((variable) => [variable, "x"]));
  expect(configWarnings(readConfig({}), env)).toEqual([]);
});

test("who listens on all addresses is told to say how it is reached", () => {
  for (const AGENTGATE_HOST of ["0.0.0.0", "::"]) {
    expect(warningsOf({ AGENTGATE_HOST })).toEqual([expect.stringMatching(/AGENTGATE_PUBLIC_URL.*Set it to/)]);
    expect(warningsOf({ AGENTGATE_HOST, AGENTGATE_PUBLIC_URL: "https://gateway.example" })).toEqual([]);
  }
  expect(warningsOf({ AGENTGATE_HOST: "192.0.2.7" })).toEqual([]);
  expect(warningsOf({})).toEqual([]);
});

test("an endpoint of OpenTelemetry's other protocol is told of", () => {
  const endpoint = (port: number) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector.test:${port}` });
  expect(warningsOf(endpoint(4317))).toEqual([expect.stringContaining("their port is 4318")]);
  expect(warningsOf(endpoint(4318))).toEqual([]);
});
