import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { AwsClient } from "aws4fetch";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, textTask } from "../../packages/gateway/src/testing/index.ts";
import { temporaryDirectory } from "../../packages/testing/src/index.ts";
import { built, hasGo } from "../telemetry/tools.ts";

const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const REGION = "eu-central-1";
const PATIENCE = { timeout: 60_000, interval: 100 };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** An S3 server that others wrote: it proves signatures and digests, and keeps objects as files. */
class ObjectStorage {
  readonly #program: string;
  readonly #root = temporaryDirectory("s3");
  readonly #port: number;
  #server: ChildProcess | undefined;

  constructor(program: string, port: number) {
    this.#program = program;
    this.#port = port;
    for (const name of ["buckets", "sidecar"]) mkdirSync(join(this.#root.path, name));
    mkdirSync(join(this.#root.path, "buckets", "calls"));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const root = this.#root.path;
    const { accessKeyId, secretAccessKey } = KEY;
    const server = spawn(
      this.#program,
      [
        ...["--access", accessKeyId, "--secret", secretAccessKey, "--region", REGION],
        ...["--port", `127.0.0.1:${this.#port}`, "posix", "--sidecar", join(root, "sidecar"), join(root, "buckets")],
      ],
      { stdio: "ignore" },
    );
    this.#server = server;
    await expect
      .poll(
        () =>
          fetch(this.url).then(
            ({ status }) => status,
            () => 0,
          ),
        PATIENCE,
      )
      .toBeGreaterThan(0);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
  }

  /** Names of objects, as the server tells them. */
  async list(prefix: string): Promise<string[]> {
    const client = new AwsClient({ ...KEY, service: "s3", region: REGION });
    const answer = await client.fetch(`${this.url}/calls?list-type=2&prefix=${encodeURIComponent(prefix)}`);
    const text = await answer.text();
    expect(answer.status, text).toBe(200);
    return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key!);
  }

  get bucket(): string {
    return join(this.#root.path, "buckets", "calls");
  }

  async close(): Promise<void> {
    await this.stop();
    this.#root.remove();
  }
}

describe.skipIf(!hasGo)("the call log in an S3 server", () => {
  let storage: ObjectStorage;
  let agent: TestAgent;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    const program = await built("versitygw", "github.com/versity/versitygw/cmd/versitygw");
    storage = new ObjectStorage(program, await freePort());
    agent = await startAgent();
  }, 900_000);
  afterAll(async () => {
    await storage?.close();
    await agent?.close();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function setUp(prefix: string, more: object = {}) {
    await storage.start();
    cleanups.push(() => storage.stop());
    const gate = await startTestGateway("sqlite", {
      logSinks: [`parquet:s3://calls/${prefix}?seconds=1`],
      awsAccessKeyId: KEY.accessKeyId,
      awsSecretAccessKey: KEY.secretAccessKey,
      awsRegion: REGION,
      s3Endpoint: storage.url,
      ...more,
    });
    cleanups.push(() => gate.close());
    await gate.gateway.start();
    const { id } = await gate.register({ name: 'an "agent"', url: agent.url });
    const call = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const { status } = await gate.call("POST", `/agents/${id}/task`, textTask("x"), null);
        expect(status).toBe(200);
      }
    };
    const sink = async () => (await gate.call("GET", "/log-sinks")).body.entries[0];
    const logged = async () =>
      (await gate.call("GET", "/logs?limit=500")).body.entries.map((entry: { id: string }) => entry.id).sort();
    return { gate, call, sink, logged };
  }

  /** As whoever has the files and no gateway. */
  async function stored(prefix: string): Promise<string[]> {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const files = `${join(storage.bucket, prefix)}/**/*.parquet`;
    const reader = await connection.runAndReadAll(
      `select distinct id from read_parquet('${files}', hive_partitioning = true) order by id`,
    );
    return reader.getRowObjectsJson().map(({ id }) => id as string);
  }

  test("each call once, in files by day, through a server that was killed and came back", async () => {
    const { call, sink, logged } = await setUp("agent/gate");
    await call(20);
    await expect.poll(async () => (await sink())?.taken, PATIENCE).toBe(20);
    expect(await stored("agent/gate")).toEqual(await logged());
    const [first] = await storage.list("agent/gate/");
    expect(first).toMatch(/^agent\/gate\/day=\d{4}-\d\d-\d\d\/\d{8}T\d{6}-[0-9a-f]{8}-\d{6}\.parquet$/);

    await storage.stop();
    await call(20);
    await expect.poll(async () => (await sink()).trouble, PATIENCE).toEqual(expect.any(String));
    await storage.start();
    await call(5);
    await expect.poll(async () => (await sink()).taken, PATIENCE).toBeGreaterThanOrEqual(45);
    await expect.poll(() => stored("agent/gate"), PATIENCE).toEqual(await logged());
    expect(await sink()).toMatchObject({ lost: 0, trouble: null });
  }, 240_000);

  test.each([
    ["a wrong secret", "wrong-secret", { awsSecretAccessKey: "another" }, /403 \(SignatureDoesNotMatch\)/],
    // Amazon says 403 InvalidAccessKeyId.
    ["a key that there is not", "wrong-key", { awsAccessKeyId: "AKIDOTHER" }, /\(XAdminUserNotFound\)/],
    [
      "a bucket that there is not",
      "none",
      { logSinks: ["parquet:s3://elsewhere/x?seconds=1"] },
      /404 \(NoSuchBucket\)/,
    ],
  ])(
    "%s is told by the server's own code, and costs no call anything",
    async (_, prefix, settings, trouble) => {
      const { call, sink } = await setUp(prefix, settings);
      await call(3);
      await expect.poll(async () => (await sink())?.trouble, PATIENCE).toMatch(trouble);
      expect(await sink()).toMatchObject({ taken: 0, lost: 0 });
      expect(readdirSync(storage.bucket)).not.toContain(prefix);
      await call(3);
    },
    120_000,
  );
});
