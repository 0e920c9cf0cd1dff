import { cardOf, type RawAgent, rpcResult, startRawAgent } from "../../packages/gateway/src/a2a/testing/raw-agent.ts";

/** An A2A agent that asks back, whose streams complete, and that knows every task it is asked for. */
export function startA2aAgent(): Promise<RawAgent> {
  const card = (url: string) =>
    cardOf(url, { capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true } });
  return startRawAgent(({ body: { id, method, params } }, response) => {
    const task = (state: string, taskId = params.id ?? params.message?.taskId ?? "task-1") => ({
      ...{ id: taskId, contextId: "context-1", status: { state: `TASK_STATE_${state}` } },
      artifacts: [{ artifactId: "a", parts: [{ text: "said" }] }],
    });
    const result = (value: unknown) =>
      response.setHeader("content-type", "application/json").end(rpcResult(id, JSON.stringify(value)));
    const event = (value: unknown) => response.write(`data: ${rpcResult(id, JSON.stringify(value))}\n\n`);
    if (/Streaming|Subscribe/.test(method)) {
      response.setHeader("content-type", "text/event-stream");
      const { id: taskId, contextId } = task("WORKING");
      event({ task: task("WORKING") });
      event({ statusUpdate: { taskId, contextId, status: { state: "TASK_STATE_COMPLETED" } } });
      return response.end();
    }
    if (method === "SendMessage") return result({ task: task("INPUT_REQUIRED") });
    if (method === "GetTask") return result(task("INPUT_REQUIRED"));
    if (method === "CancelTask") return result(task("CANCELED"));
    if (/Push/.test(method)) return result(/Delete/.test(method) ? null : params);
    return result(card("http://agent.example"));
  }, card);
}
