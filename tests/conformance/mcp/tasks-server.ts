import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const REVISION = "2026-07-28";
const TASKS = "io.modelcontextprotocol/tasks";
const HEADER_MISMATCH = -32020;
const MISSING_CAPABILITY = -32021;

interface Task {
  taskId: string;
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  createdAt: string;
  lastUpdatedAt: string;
  ttlMs: number;
  pollIntervalMs: number;
  inputRequests?: Record<string, object>;
  result?: object;
  error?: object;
}

type Answers = Record<string, { action?: string; content?: Record<string, unknown> }>;

interface Tool {
  description: string;
  properties?: Record<string, object>;
  /** Cannot be called by a client that takes no tasks. */
  isTask?: "always";
  /** @param task undefined where the client takes none */
  call(args: any, task: (() => Running) | undefined, params: any): unknown;
}

/** An error of JSON-RPC. */
class Refusal extends Error {
  readonly code: number;
  readonly status: number;
  readonly data: object | undefined;

  constructor(code: number, message: string, status = 200, data?: object) {
    super(message);
    this.code = code;
    this.status = status;
    this.data = data;
  }
}

/** A task that is under way. */
class Running {
  readonly task: Task;
  #answered: Answers = {};
  #whenAnswered: (answers: Answers) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const now = new Date().toISOString();
    this.task = {
      ...{ taskId: randomUUID(), status: "working", createdAt: now, lastUpdatedAt: now },
      ...{ ttlMs: 600_000, pollIntervalMs: 100 },
    };
  }

  get created(): object {
    return { resultType: "task", ...this.task };
  }

  after(ms: number, then: () => Partial<Task>): this {
    this.#timer = setTimeout(() => this.#move(then()), ms).unref();
    return this;
  }

  ask(inputRequests: Record<string, object>, then: (answers: Answers) => Partial<Task>): this {
    this.#move({ status: "input_required", inputRequests });
    this.#whenAnswered = (answers) => this.#move(then(answers));
    return this;
  }

  /** Keys that nobody asked for are passed over; what is not answered yet is asked for still. */
  answer(given: Answers): void {
    const { inputRequests = {} } = this.task;
    const known = Object.entries(given).filter(([key]) => key in inputRequests);
    if (this.task.status !== "input_required" || known.length === 0) return;
    Object.assign(this.#answered, Object.fromEntries(known));
    const left = Object.entries(inputRequests).filter(([key]) => !(key in this.#answered));
    if (left.length > 0) this.#move({ inputRequests: Object.fromEntries(left) });
    else this.#whenAnswered(this.#answered);
  }

  cancel(): void {
    if (this.task.status === "working" || this.task.status === "input_required") this.#move({ status: "cancelled" });
  }

  #move(to: Partial<Task>): void {
    if (to.status !== undefined && to.status !== "working") clearTimeout(this.#timer);
    if (to.status !== undefined && to.status !== "input_required") delete this.task.inputRequests;
    Object.assign(this.task, to, { lastUpdatedAt: new Date().toISOString() });
  }
}

const text = (said: string, isError = false) => ({
  content: [{ type: "text", text: said }],
  ...(isError && { isError }),
});
const done = (said: string, isError = false): Partial<Task> => ({
  status: "completed",
  result: { resultType: "complete", ...text(said, isError) },
});
const form = (message: string, name: string, type: string) => ({
  method: "elicitation/create",
  params: {
    mode: "form",
    message,
    requestedSchema: { type: "object", properties: { [name]: { type } }, required: [name] },
  },
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the scenarios of the suite that are about tasks call. */
const tools: Record<string, Tool> = {
  greet: {
    description: "Greets, at once",
    properties: { name: { type: "string" } },
    call: ({ name }) => text(`Hello, ${name}!`),
  },
  slow_compute: {
    description: "Computes for some seconds",
    properties: { seconds: { type: "number" }, label: { type: "string" } },
    async call({ seconds = 0, label = "" }, task) {
      const said = `computed ${label}`;
      if (task) return task().after(seconds * 1_000, () => done(said)).created;
      await sleep(seconds * 1_000);
      return text(said);
    },
  },
  failing_job: {
    description: "Fails as a tool does",
    isTask: "always",
    call: (_, task) => task!().after(1_000, () => done("the job failed", true)).created,
  },
  protocol_error_job: {
    description: "Fails as a server does",
    isTask: "always",
    call: (_, task) =>
      task!().after(200, () => ({ status: "failed", error: { code: -32603, message: "the job broke" } })).created,
  },
  confirm_delete: {
    description: "Asks before it deletes",
    properties: { filename: { type: "string" } },
    isTask: "always",
    call({ filename }, task) {
      const running = task!();
      const { created } = running;
      running.ask({ sure: form(`Delete ${filename}?`, "confirm", "boolean") }, ({ sure }) =>
        done(sure?.content?.confirm === true ? `deleted ${filename}` : "kept"),
      );
      return created;
    },
  },
  multi_input: {
    description: "Asks two things at once",
    isTask: "always",
    call(_, task) {
      const running = task!();
      const { created } = running;
      running.ask(
        { one: form("The first name?", "name", "string"), two: form("The second name?", "name", "string") },
        ({ one, two }) => done(`${one?.content?.name} and ${two?.content?.name}`),
      );
      return created;
    },
  },
  test_tool_with_task: {
    description: "Asks for a name in its call, then goes on as a task",
    isTask: "always",
    call(_, task, { inputResponses }) {
      const name = inputResponses?.user_name?.content?.name;
      if (name === undefined) {
        const inputRequests = { user_name: form("What is your name?", "name", "string") };
        return { resultType: "input_required", requestState: "asked for the name", inputRequests };
      }
      return task!().after(100, () => done(`Hello, ${name}!`)).created;
    },
  },
};

export interface TasksServer {
  url: string;
  close(): Promise<void>;
}

/** A server of 2026-07-28 whose tools go on as tasks of the extension `io.modelcontextprotocol/tasks`, as the suite's own server does not. */
export async function startTasksServer(): Promise<TasksServer> {
  const tasks = new Map<string, Running>();
  const begin = () => {
    const running = new Running();
    tasks.set(running.task.taskId, running);
    return running;
  };

  async function answer({ method, params = {} }: any): Promise<unknown> {
    const takesTasks = params._meta?.["io.modelcontextprotocol/clientCapabilities"]?.extensions?.[TASKS] !== undefined;
    const demandTasks = () => {
      if (takesTasks) return;
      const requiredCapabilities = { extensions: { [TASKS]: {} } };
      throw new Refusal(MISSING_CAPABILITY, "This takes a client with tasks", 400, { requiredCapabilities });
    };
    switch (method) {
      case "server/discover":
        return {
          ...{ supportedVersions: [REVISION], capabilities: { tools: {}, extensions: { [TASKS]: {} } } },
          ...{ ttlMs: 60_000, cacheScope: "public" },
        };
      case "tools/list":
        return {
          tools: Object.entries(tools).map(([name, { description, properties = {} }]) => ({
            ...{ name, description, inputSchema: { type: "object", properties } },
          })),
          ...{ ttlMs: 60_000, cacheScope: "public" },
        };
      case "tools/call": {
        const tool = Object.hasOwn(tools, params.name) ? tools[params.name] : undefined;
        if (!tool) throw new Refusal(-32602, `There is no tool ${params.name}`);
        if (tool.isTask) demandTasks();
        return tool.call(params.arguments ?? {}, takesTasks ? begin : undefined, params);
      }
      case "tasks/get":
      case "tasks/update":
      case "tasks/cancel": {
        demandTasks();
        const running = tasks.get(params.taskId);
        if (!running) throw new Refusal(-32602, "There is no such task");
        if (method === "tasks/get") return running.task;
        if (method === "tasks/cancel") running.cancel();
        else running.answer(params.inputResponses ?? {});
        return {};
      }
      default:
        throw new Refusal(-32601, `There is no method ${method}`, 404);
    }
  }

  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.method !== "POST") return void response.writeHead(405, { allow: "POST" }).end();
    const message = JSON.parse(body);
    try {
      demandHeaders(request, message);
      const result = (await answer(message)) as object;
      const _meta = { "io.modelcontextprotocol/serverInfo": { name: "tasks-server", version: "1.0.0" } };
      return send(response, 200, { id: message.id, result: { resultType: "complete", _meta, ...result } });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, data, status } = error;
      return send(response, status, { id: message.id, error: { code, message: error.message, ...(data && { data }) } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      for (const running of tasks.values()) running.cancel();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, status: number, message: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", ...message }));
}

/** What headers say is what the body says (SEP-2243; for tasks SEP-2663). */
function demandHeaders({ headers }: IncomingMessage, { method, params = {} }: any): void {
  const named =
    method === "tools/call" ? params.name : /^tasks\/(get|update|cancel)$/.test(method) ? params.taskId : undefined;
  const version = params._meta?.["io.modelcontextprotocol/protocolVersion"];
  if (version === undefined) throw new Refusal(-32602, "Each request says its revision", 400);
  if (version !== REVISION) {
    throw new Refusal(-32022, "That revision is not spoken here", 400, { supported: [REVISION], requested: version });
  }
  const told = {
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...(named !== undefined && { "mcp-name": named }),
  };
  for (const [name, value] of Object.entries(told)) {
    if (headers[name] !== value) throw new Refusal(HEADER_MISMATCH, `${name} is not what the body says`, 400);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
