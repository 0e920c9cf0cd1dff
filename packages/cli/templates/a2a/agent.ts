import { randomUUID } from "node:crypto";
import { AgentCard, Role, TaskState } from "@a2a-js/sdk";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from "@a2a-js/sdk/server";
import { jsonRpcHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";

const PORT = Number(process.env.PORT ?? 9000);
/** Where callers reach it. */
const url = process.env.AGENT_URL ?? `http://127.0.0.1:${PORT}`;

const card = AgentCard.fromJSON({
  name: "__NAME__",
  description: "Says what it was told, word by word",
  version: "0.1.0",
  supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [{ id: "echo", name: "Echo", description: "Repeats the text of a task", tags: ["example"] }],
});

/** What the agent does: the pieces of its answer, as they are made. This is the part to change. */
async function* work(text: string, signal: AbortSignal): AsyncGenerator<string> {
  yield "You said:";
  for (const word of text.split(/\s+/)) {
    signal.throwIfAborted();
    yield ` ${word}`;
  }
}

const part = (value: string) => ({
  content: { $case: "text" as const, value },
  filename: "",
  mediaType: "text/plain",
  metadata: undefined,
});

class Executor implements AgentExecutor {
  readonly #running = new Map<string, AbortController>();

  async execute({ userMessage, taskId, contextId, task }: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const text = userMessage.parts.map(({ content }) => (content?.$case === "text" ? content.value : "")).join("\n");
    const cancelled = new AbortController();
    this.#running.set(taskId, cancelled);
    const says = (state: TaskState, said?: string) => ({
      state,
      timestamp: new Date().toISOString(),
      message: said === undefined ? undefined : this.#message(said, taskId, contextId),
    });
    const working = says(TaskState.TASK_STATE_WORKING);
    const history = [...(task?.history ?? []), userMessage];
    bus.publish(
      AgentEvent.task({ id: taskId, contextId, status: working, history, artifacts: [], metadata: undefined }),
    );
    const update = (status: ReturnType<typeof says>) =>
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
    try {
      let append = false;
      for await (const piece of work(text, cancelled.signal)) {
        bus.publish(
          AgentEvent.artifactUpdate({
            taskId,
            contextId,
            append,
            lastChunk: false,
            metadata: undefined,
            artifact: {
              artifactId: "answer",
              name: "answer",
              description: "",
              parts: [part(piece)],
              metadata: undefined,
              extensions: [],
            },
          }),
        );
        append = true;
      }
      update(says(TaskState.TASK_STATE_COMPLETED));
    } catch (error) {
      if (!cancelled.signal.aborted) update(says(TaskState.TASK_STATE_FAILED, String(error)));
    } finally {
      this.#running.delete(taskId);
      bus.finished();
    }
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    this.#running.get(taskId)?.abort();
    const status = { state: TaskState.TASK_STATE_CANCELED, timestamp: new Date().toISOString(), message: undefined };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId: "", status, metadata: undefined }));
    bus.finished();
  }

  #message(text: string, taskId: string, contextId: string) {
    return {
      messageId: randomUUID(),
      role: Role.ROLE_AGENT,
      taskId,
      contextId,
      parts: [part(text)],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
  }
}

const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Executor());
const app = express();
app.get("/health", (_request, response) => {
  response.json({ status: "ok" });
});
app.get("/.well-known/agent-card.json", (_request, response) => {
  response.json(AgentCard.toJSON(card));
});
app.use(express.json({ limit: "10mb", type: ["application/json", "application/a2a+json"] }));
app.post("/", jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));

const server = app.listen(PORT, "127.0.0.1", () => console.log(`__NAME__ listens on http://127.0.0.1:${PORT}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
