import { setTimeout as sleep } from "node:timers/promises";
import { type Message, type Part, Role, TaskState } from "@a2a-js/sdk";
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from "@a2a-js/sdk/server";
import { type Step, stepsFor, textPart } from "./behaviour.ts";

/** Works off the steps that a message asks for. */
export class ExampleExecutor implements AgentExecutor {
  readonly #running = new Map<string, AbortController>();
  readonly #contexts = new Map<string, string>();

  async execute({ userMessage, taskId, contextId, task }: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const text = userMessage.parts.map(({ content }) => (content?.$case === "text" ? content.value : "")).join("");
    const steps = stepsFor(userMessage.messageId, text, task !== undefined);
    const stopped = new AbortController();
    this.#running.set(taskId, stopped);
    this.#contexts.set(taskId, contextId);
    const [first] = steps;
    if (first?.do === "message") {
      bus.publish(AgentEvent.message(agentMessage(first.text, { taskId: "", contextId })));
      bus.finished();
      return;
    }
    bus.publish(
      AgentEvent.task({
        ...(task ?? { id: taskId, contextId, artifacts: [], metadata: undefined }),
        status: status(TaskState.TASK_STATE_SUBMITTED),
        history: task?.history ?? [userMessage],
      }),
    );
    try {
      for (const [index, step] of steps.entries())
        await perform(step, index, { taskId, contextId }, bus, stopped.signal);
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    } finally {
      this.#running.delete(taskId);
    }
  }

  async cancelTask(taskId: string, bus: ExecutionEventBus): Promise<void> {
    this.#running.get(taskId)?.abort();
    const contextId = this.#contexts.get(taskId) ?? "";
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId,
        status: status(TaskState.TASK_STATE_CANCELED),
        metadata: undefined,
      }),
    );
    bus.finished();
  }
}

type Ids = { taskId: string; contextId: string };

async function perform(
  step: Step,
  index: number,
  ids: Ids,
  bus: ExecutionEventBus,
  signal: AbortSignal,
): Promise<void> {
  const move = (state: TaskState, text?: string) =>
    bus.publish(
      AgentEvent.statusUpdate({
        ...ids,
        status: status(state, text === undefined ? undefined : agentMessage(text, ids)),
        metadata: undefined,
      }),
    );
  signal.throwIfAborted();
  switch (step.do) {
    case "work":
      return move(TaskState.TASK_STATE_WORKING);
    case "wait":
      return sleep(step.milliseconds, undefined, { signal });
    case "artifact":
      bus.publish(artifactUpdate(step, index, ids));
      return undefined;
    case "complete":
      return move(TaskState.TASK_STATE_COMPLETED, step.text);
    case "ask":
      return move(TaskState.TASK_STATE_INPUT_REQUIRED, step.text);
    case "fail":
      return move(TaskState.TASK_STATE_FAILED, step.text);
    case "reject":
      return move(TaskState.TASK_STATE_REJECTED, step.text);
    case "message":
      return undefined;
  }
}

const artifactUpdate = (step: { part: Part; append?: boolean; last?: boolean }, index: number, ids: Ids) =>
  AgentEvent.artifactUpdate({
    ...ids,
    artifact: {
      artifactId: step.append === undefined ? `artifact-${index}` : "artifact",
      name: "result",
      description: "",
      parts: [step.part],
      metadata: undefined,
      extensions: [],
    },
    append: step.append ?? false,
    lastChunk: step.last ?? step.append === undefined,
    metadata: undefined,
  });

const status = (state: TaskState, message?: Message) => ({ state, message, timestamp: new Date().toISOString() });

const agentMessage = (text: string, { taskId, contextId }: Ids): Message => ({
  messageId: crypto.randomUUID(),
  role: Role.ROLE_AGENT,
  taskId,
  contextId,
  parts: [textPart(text)],
  metadata: undefined,
  extensions: [],
  referenceTaskIds: [],
});
