import type { TaskRequest } from "@agentgate/protocol";

/** A task with an id of its own and one text part; a task that is given stays as it is. */
export function toTask(task: string | TaskRequest): TaskRequest {
  if (typeof task !== "string") return task;
  // Not randomUUID: browsers have it on https pages only.
  const random = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return { id: `task-${random.join("")}`, message: { role: "user", parts: [{ type: "text", text: task }] } };
}
