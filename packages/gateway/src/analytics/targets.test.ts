import { expect, test } from "vitest";
import { ConfigError, readConfig, settingsInForce } from "../config/index.ts";
import { parseTarget } from "./index.ts";

test("targets are read with what they leave out", () => {
  expect(parseTarget("clickhouse://writer:p%40ss@ch.example")).toEqual({
    kind: "clickhouse",
    name: "clickhouse://ch.example:8123/default/agentgate_calls",
    everyMs: 5_000,
    url: "http://ch.example:8123",
    username: "writer",
    password: "p@ss",
    database: "default",
    table: "agentgate_calls",
  });
  expect(parseTarget("clickhouse://ch.example/logs?secure=true&table=calls&seconds=30")).toMatchObject({
    name: "clickhouse://ch.example:8443/logs/calls",
    url: "https://ch.example:8443",
    username: "default",
    everyMs: 30_000,
  });
  expect(parseTarget("clickhouse://[::1]:9000/d")).toMatchObject({ url: "http://[::1]:9000" });
  expect(parseTarget("parquet:/var/lib/calls")).toEqual({
    kind: "parquet",
    name: "parquet:/var/lib/calls",
    everyMs: 600_000,
    place: { directory: "/var/lib/calls" },
  });
  expect(parseTarget("parquet:s3://my-bucket/agent/gate/?seconds=60")).toEqual({
    kind: "parquet",
    name: "parquet:s3://my-bucket/agent/gate",
    everyMs: 60_000,
    place: { bucket: "my-bucket", prefix: "agent/gate" },
  });
});

test.each([
  ["postgres://u:hunter2@h/d", "targets such as"],
  ["clickhouse:hunter2", "targets such as"],
  ["clickhouse://u:hunter2@h/a.b", "a database of letters"],
  ["clickhouse://u:hunter2@h/d?table=x;drop", "a table of letters"],
  ["clickhouse://u@h/d?password=hunter2", "an option that a clickhouse: target does not know"],
  ["clickhouse://u:hunter2@h/d?secure=maybe", '"secure" true or false'],
  ["clickhouse://u:hunter2%zz@h/d", "targets such as"],
  ["parquet:", "targets such as"],
  ["parquet:/x?seconds=0", "from 1 to 86400"],
  ["parquet:s3://AKIA:hunter2@bucket/x", "AWS_ACCESS_KEY_ID"],
  ["parquet:s3://bucket/a%20b", "a bucket and a prefix"],
])("a start with %s says what is wrong, and repeats no secret", (text, problem) => {
  try {
    readConfig({ AGENTGATE_LOG_SINK: text });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain("AGENTGATE_LOG_SINK");
    expect((error as Error).message).toContain(problem);
    expect((error as Error).message).not.toContain("hunter2");
  }
});

test("several at once, whose passwords nobody is shown", () => {
  const config = readConfig({
    AGENTGATE_LOG_SINK: "clickhouse://writer:hunter2@one@ch.example/logs, parquet:/var/lib/calls",
    AWS_SECRET_ACCESS_KEY: "hunter2",
    AWS_SESSION_TOKEN: "hunter2",
    AWS_ACCESS_KEY_ID: "hunter2",
  });
  expect(config.logSinks).toHaveLength(2);
  const shown = settingsInForce(config);
  expect(shown.find(({ name }) => name === "logSinks")?.value).toEqual([
    "clickhouse://••••••••@ch.example/logs",
    "parquet:/var/lib/calls",
  ]);
  expect(JSON.stringify(shown)).not.toMatch(/hunter2|one@/);
});
