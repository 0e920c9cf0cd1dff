import { globSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { ConfigError, configurationPage, configWarnings, readConfig, settings } from "./config/index.ts";

test("nothing set gives the documented defaults, closed where it matters", () => {
  expect(readConfig({})).toMatchObject({
    host: "127.0.0.1",
    port: 8000,
    dataDirectory: "./.agentgate",
    allowPrivateNetworks: false,
    corsOrigins: [],
    trustedProxies: [],
    apiKey: undefined,
  });
});

test("the environment is read, options win, empty variables count as unset", () => {
  const env = { AGENTGATE_PORT: "9000", AGENTGATE_HOST: "", AGENTGATE_CORS_ORIGINS: "https://a.test, https://b.test" };
  expect(readConfig(env)).toMatchObject({
    port: 9000,
    host: "127.0.0.1",
    corsOrigins: ["https://a.test", "https://b.test"],
  });
  expect(readConfig(env, { port: 0 }).port).toBe(0);
});

test.each([
  ["AGENTGATE_PORT", "eighty", "must be a whole number from 0 to 65535"],
  ["AGENTGATE_RATE_LIMIT", "fast", "must be a number"],
  ["AGENTGATE_TOPUP", "never", "must be open, admin or provider"],
  ["AGENTGATE_CARD_FORMAT", "0.3", "must be hybrid or 1.0"],
  ["AGENTGATE_ALLOW_UNPAID", "perhaps", "must be 1 or 0"],
  ["AGENTGATE_ROOT_AGENT", "my-agent", "must be the id of an agent"],
  ["AGENTGATE_TRUSTED_PROXIES", "127.0.0.1, proxy.internal", 'found "proxy.internal"'],
  ["AGENTGATE_TRUSTED_PROXIES", "10.0.0.0/99", 'found "10.0.0.0/99"'],
  ["AGENTGATE_ALLOW_ADDRESSES", "10.0.0.7, agents.internal", 'found "agents.internal"'],
  ["AGENTGATE_ALLOW_ADDRESSES", "loopback", 'found "loopback"'],
  ["AGENTGATE_CORS_ORIGINS", "https://a.test/", 'found "https://a.test/"'],
  ["AGENTGATE_CORS_ORIGINS", "*", 'found "*"'],
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be http/protobuf or http/json"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "must start with http:// or https://"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:secret@collector.test", "must hold no credentials"],
  ["OTEL_TRACES_SAMPLER", "jaeger_remote", "must be always_on, always_off, traceidratio"],
  ["OTEL_TRACES_SAMPLER_ARG", "2", "must be a number from 0 to 1"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "authorization", "must list headers as name=value, separated by commas"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a b=c", "must list headers as name=value, separated by commas"],
])("%s=%s is refused in words that help", (variable, value, words) => {
  expect(() => readConfig({ [variable]: value })).toThrow(words);
});

test("what can only be meant otherwise is taken so", () => {
  const env = { AGENTGATE_PUBLIC_URL: "https://gate.test/", AGENTGATE_API_KEY: "key-of-a-file\n" };
  expect(readConfig(env)).toMatchObject({ publicUrl: "https://gate.test", apiKey: "key-of-a-file" });
  expect(readConfig({ AGENTGATE_TRUSTED_PROXIES: "10.0.0.0/8, ::1, loopback" }).trustedProxies).toHaveLength(3);
});

test("OpenTelemetry's pairs are percent-encoded, and never repeated where they are wrong", () => {
  const { otlpHeaders, otelResourceAttributes } = readConfig({
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20c2VjcmV0, x-tenant = a=b ,",
    OTEL_RESOURCE_ATTRIBUTES: "service.namespace=shop,deployment.environment.name=test",
  });
  expect(otlpHeaders).toEqual({ authorization: "Basic c2VjcmV0", "x-tenant": "a=b" });
  expect(otelResourceAttributes).toEqual({ "service.namespace": "shop", "deployment.environment.name": "test" });
  for (const secret of ["key=%zz-secret", "key=secret\u0000", "secret"]) {
    const read = () => readConfig({ OTEL_EXPORTER_OTLP_HEADERS: secret });
    expect(read).toThrow(ConfigError);
    expect(read).not.toThrow("secret");
  }
});

test("every wrong variable is named", () => {
  const env = { AGENTGATE_PORT: "eighty", DATABASE_URL: "mysql://x/y", AGENTGATE_API_KEY: "short" };
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).toThrow(
    /AGENTGATE_PORT[\s\S]+DATABASE_URL must start with postgres[\s\S]+AGENTGATE_API_KEY/,
  );
});

test("docs/configuration.md lists every setting", () => {
  const path = new URL("../../../docs/configuration.md", import.meta.url);
  if (process.env.UPDATE_DOCS) writeFileSync(path, configurationPage());
  expect(readFileSync(path, "utf8")).toBe(configurationPage());
});

test("the default that a page tells is the one that is taken", () => {
  /** Where the default is no single value: what the page says, and what is read. */
  const inWords: Record<string, [string, unknown]> = {
    publicUrl: ["http://HOST:PORT", undefined],
    databaseUrl: ["embedded SQLite", undefined],
    otelServiceName: ["agentgate", undefined],
    apiKey: ["minted at the first start", undefined],
    secretKey: ["minted at the first start", undefined],
    connectionsMax: ["three quarters of the process's file descriptors", undefined],
    connectionsPerAddress: ["2048, and at most a quarter of these", undefined],
    nodeName: ["the machine's name", hostname().slice(0, 64)],
  };
  const told = (value: unknown) => {
    if (typeof value === "boolean") return value ? "1" : "0";
    const isEmpty = value === undefined || (typeof value === "object" && Object.keys(value as object).length === 0);
    return isEmpty ? "none" : String(value);
  };
  for (const [name, value] of Object.entries(readConfig({}))) {
    const { env, defaultText } = settings[name as keyof typeof settings];
    const expected = inWords[name] ?? [told(value), value];
    expect([env, defaultText, value]).toEqual([env, ...expected]);
  }
});

test("every variable that a page, a help or an example names is one that is read", () => {
  const root = new URL("../../../", import.meta.url).pathname;
  const pages = globSync(
    ["*.md", "docs/**/*.md", "packages/*/README.md", "packages/cli/src/**/!(*.test).ts", "bench/*.md"],
    {
      cwd: root,
    },
  );
  expect(pages.length).toBeGreaterThan(50);
  const named = pages.flatMap(
    (page) => readFileSync(`${root}${page}`, "utf8").match(/\bAGENTGATE_[A-Z0-9_]*[A-Z0-9]\b/g) ?? [],
  );
  const environment = Object.fromEntries(named.map((variable) => [variable, "1"]));
  expect(Object.keys(environment).length).toBeGreaterThan(40);
  expect(configWarnings(readConfig({}), environment)).toEqual([]);
});
