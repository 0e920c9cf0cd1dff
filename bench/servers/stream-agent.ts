// An agent that streams and never ends: as A2A below /a2a-agent, in the plain contract elsewhere. EVENTS_PER_SECOND go round its open
// streams; each carries the moment of its writing, in nanoseconds of the clock that all processes of a machine share.
import { type AddressInfo, createServer, type Socket } from "node:net";

const eventsPerSecond = Number(process.env.EVENTS_PER_SECOND ?? 0);
/** Timers are a millisecond coarse: what is due since the last look is written at once, a few at a time. */
const LOOK_EVERY_MS = 2;

interface Stream {
  socket: Socket;
  event(at: string): string;
}

const card = JSON.stringify({
  name: "streams",
  description: "Streams until its reader leaves",
  version: "1.0.0",
  supportedInterfaces: [{ url: ".", protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }],
  capabilities: { streaming: true, pushNotifications: false },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [{ id: "stream", name: "Stream", description: "", tags: [] }],
});

const streams: Stream[] = [];
let tasks = 0;

const now = () => `${process.hrtime.bigint()}`;
const chunkOf = (data: string) => {
  const event = `data: ${data}\n\n`;
  return `${event.length.toString(16)}\r\n${event}\r\n`;
};

function begin(socket: Socket, path: string): void {
  socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  const taskId = `task-${process.pid}-${tasks++}`;
  const ids = `"taskId":"${taskId}","contextId":"context-${taskId}"`;
  const isA2A = path.startsWith("/a2a-agent/");
  const event = isA2A
    ? (at: string) =>
        `{"artifactUpdate":{${ids},"artifact":{"artifactId":"a","parts":[{"text":"at:${at};"}]},"append":true}}`
    : (at: string) => `at:${at};`;
  const first = `{"task":{"id":"${taskId}","contextId":"context-${taskId}","status":{"state":"TASK_STATE_WORKING"}}}`;
  socket.write(chunkOf(isA2A ? first : "begun"));
  const stream = { socket, event };
  streams.push(stream);
  socket.once("close", () => {
    const last = streams.pop()!;
    if (last !== stream) streams[streams.indexOf(stream)] = last;
  });
}

function answer(socket: Socket, method: string, path: string): void {
  if (method === "POST") {
    begin(socket, path);
    return;
  }
  const isCard = path === "/a2a-agent/card.json";
  const body = isCard ? card : "{}";
  const status = isCard || path === "/health" ? "200 OK" : "404 Not Found";
  socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

const server = createServer({ noDelay: true }, (socket) => {
  let head = "";
  let missing = 0;
  let request: [string, string] = ["", ""];
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    if (missing > 0) {
      missing -= chunk.length;
    } else {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      const [method = "", path = ""] = head.split(" ", 2);
      request = [method, path];
      missing = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0) - (head.length - end - 4);
      head = "";
    }
    if (missing === 0) answer(socket, ...request);
  });
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log((server.address() as AddressInfo).port));

let next = 0;
let sent = 0;
const startedAt = performance.now();
setInterval(() => {
  const due = ((performance.now() - startedAt) / 1000) * eventsPerSecond;
  for (; sent < due; sent++) {
    if (streams.length === 0) continue;
    next = (next + 1) % streams.length;
    const { socket, event } = streams[next]!;
    socket.write(chunkOf(event(now())));
  }
}, LOOK_EVERY_MS);
process.on("SIGTERM", () => process.exit());
