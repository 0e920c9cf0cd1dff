import { createGateway, type Gateway } from "../app.ts";
import { type Config, readConfig } from "../config/index.ts";
import { recordFrames } from "../mcp/testing/frame-recorder.ts";
import { type Log, silentLog, systemRandom } from "../runtime/index.ts";
import type { EngineName, OnStatement } from "../storage/index.ts";
import { createDatabase } from "../storage/testing/index.ts";
import { recordAnswers } from "./answer-recorder.ts";
import { SkippableClock } from "./skippable-clock.ts";

export const ADMIN_KEY = "test-admin-key";

export interface Reply<T = any> {
  status: number;
  body: T;
  headers: Headers;
}

export interface TestGateway {
  url: string;
  gateway: Gateway;
  config: Config;
  /** Calls the gateway as the admin unless another key, or null for none, is given. */
  call<T = any>(method: string, path: string, body?: unknown, key?: string | null): Promise<Reply<T>>;
  /** Registers an agent and returns it. */
  register(fields: Record<string, unknown>, key?: string): Promise<any>;
  /** Creates an organization and returns it with its key. */
  createOrg(name: string, fields?: Record<string, unknown>): Promise<{ id: string; key: string }>;
  /** The clock of all its nodes. */
  clock: SkippableClock;
  /** Starts one more node on the same database. */
  another(overrides?: Partial<Config>): Promise<TestGateway>;
  /**
   * @param options - `passedOn` where it has passed on what servers behind it say, which is as good as these are
   * @throws Error where a frame that MCP clients were sent does not fit the official schemas
   */
  close(options?: { passedOn?: boolean }): Promise<void>;
}

/**
 * A gateway that listens on a free port, on a fresh database of this engine. Rate limits and time limits are out of the way unless given.
 *
 * @param log what its nodes write to; nothing by default
 * @param onStatement told of every statement of its nodes
 */
export async function startTestGateway(
  engine: EngineName = "sqlite",
  overrides: Partial<Config> = {},
  log: Log = silentLog,
  onStatement?: OnStatement,
): Promise<TestGateway> {
  const database = await createDatabase(engine);
  const nodes: Gateway[] = [];
  const recorders: (() => void)[] = [];
  const frames: (() => string[])[] = [];
  const clock = new SkippableClock();
  const start = async (more: Partial<Config>): Promise<TestGateway> => {
    const config = readConfig(
      {},
      {
        ...database.location,
        apiKey: ADMIN_KEY,
        allowPrivateNetworks: true,
        rateLimit: 1e6,
        rateBurst: 1e6,
        missRate: 1e6,
        missBurst: 1e6,
        taskTimeoutMs: 300_000,
        port: 0,
        ...overrides,
        ...more,
      },
    );
    const gateway = await createGateway(config, { clock, reference: null, random: systemRandom, log, onStatement });
    nodes.push(gateway);
    recorders.push(await recordAnswers(gateway.http, process.env.AGENTGATE_TEST_ANSWERS));
    frames.push(recordFrames(gateway.http));
    const url = await gateway.http.listen({ host: "127.0.0.1", port: config.port });
    const call = caller(url);
    return {
      url,
      gateway,
      config,
      clock,
      call,
      async register(fields, key) {
        const { status, body } = await call("POST", "/agents/", fields, key);
        if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
        return body;
      },
      async createOrg(name, fields = {}) {
        const { status, body } = await call("POST", "/orgs/", { name, ...fields });
        if (status !== 201) throw new Error(`not created: ${JSON.stringify(body)}`);
        return { id: body.id, key: body.api_key ?? fields.api_key };
      },
      another: (config) => start(config ?? {}),
      async close({ passedOn = false } = {}) {
        for (const write of recorders) write();
        await Promise.all(nodes.splice(0).map((node) => node.close(2_000)));
        await database.remove();
        const faults = frames.splice(0).flatMap((told) => told());
        if (faults.length > 0 && !passedOn)
          throw new Error(`sent its MCP clients what the schemas do not allow:\n${faults.join("\n")}`);
      },
    };
  };
  return start({});
}

const caller =
  (url: string): TestGateway["call"] =>
  async (method, path, body, key = ADMIN_KEY) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text ? JSON.parse(text) : text,
    } as Reply<any>;
  };

/** The simple task object that the SDKs send. */
export const textTask = (text: string, id = "task-1") => ({ id, message: { parts: [{ type: "text", text }] } });
