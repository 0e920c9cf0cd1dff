import { createServer, type IncomingMessage } from "node:http";

/** What the agent does: a text in, a text out. This is the part to change. */
async function work(text: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  return `You said: ${text}`;
}

const PORT = Number(process.env.PORT ?? 9000);
const BODY_BYTES_MAX = 1_048_576;

interface Task {
  id?: string;
  message?: { parts?: { text?: string }[] };
}

/** The gateway sends tasks to `POST /a2a`, and looks at `GET /health` now and then. */
const server = createServer(async (request, response) => {
  const reply = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method === "GET" && request.url === "/health") return reply(200, { status: "ok" });
  if (request.method !== "POST" || request.url !== "/a2a") return reply(404, { detail: "Not found" });
  // A caller that hangs up cancels its task.
  const cancelled = new AbortController();
  response.on("close", () => cancelled.abort());
  try {
    const { id, message } = await readTask(request);
    const text = (message?.parts ?? []).map((part) => part.text ?? "").join("\n");
    const answer = await work(text, cancelled.signal);
    return reply(200, {
      id,
      status: { state: "completed" },
      artifacts: [{ parts: [{ type: "text", text: answer }] }],
    });
  } catch (error) {
    // Nothing is charged for a task that is answered so.
    return reply(422, { detail: error instanceof Error ? error.message : String(error) });
  }
});

async function readTask(request: IncomingMessage): Promise<Task> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("The task is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Task;
}

server.listen(PORT, "127.0.0.1", () => console.log(`__NAME__ listens on http://127.0.0.1:${PORT}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
