import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A task as an agent of the plain contract receives it. */
export interface Task {
  id?: string;
  message?: { parts?: { type?: string; text?: string }[] };
}

/** Works on a task's text and answers with text. What it throws becomes a 422 with the error's message. */
export type Work = (text: string, headers: IncomingHttpHeaders, signal: AbortSignal) => string | Promise<string>;

const BODY_BYTES_MAX = 1_048_576;

/**
 * Serves an agent of the plain contract: `POST /a2a` takes a task and answers it, `GET /health` says that the agent lives.
 * Listens on 127.0.0.1 at PORT (any free one when unset), prints where, and ends on SIGTERM or with its parent.
 */
export function serveAgent(name: string, work: Work): void {
  const server = createServer(async (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET" && request.url === "/health") return reply(200, { status: "ok" });
    if (request.method !== "POST" || request.url !== "/a2a") return reply(404, { detail: "Not found" });
    const abandoned = new AbortController();
    response.on("close", () => abandoned.abort());
    try {
      const task = await readTask(request);
      const text = task.message?.parts?.find((part) => typeof part.text === "string")?.text ?? "";
      const answer = await work(text, request.headers, abandoned.signal);
      reply(200, {
        id: task.id ?? null,
        status: { state: "completed" },
        artifacts: [{ parts: [{ type: "text", text: answer }] }],
      });
    } catch (error) {
      reply(422, { detail: (error as Error).message });
    }
  });
  server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
    console.log(`${name} listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  const stop = () => server.close(() => process.exit(0));
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (process.env.AGENT_ENDS_WITH_PARENT) process.stdin.on("end", () => process.exit(0)).resume();
}

async function readTask(body: AsyncIterable<Buffer>): Promise<Task> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("the task is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Task;
}
