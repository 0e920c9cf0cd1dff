// The mock agent where there is no nginx: answers every request of known length by its path alone, and parses nothing else.
import { randomUUID } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";

const answers = Object.entries(JSON.parse(process.env.ANSWERS ?? "{}") as Record<string, string>).sort(
  ([a], [b]) => b.length - a.length,
);
/** What stands in answers for something else each time. */
const { FRESH_ID: freshId = "", NOW: now = "" } = process.env;

/** Sixteen bytes in hexadecimal, as nginx writes them. */
const newId = () => randomUUID().replaceAll("-", "");

const filled = (answer: string) => answer.replaceAll(freshId, newId()).replaceAll(now, new Date().toISOString());

function answerTo(path: string): string {
  const [, answer = "{}"] = answers.find(([prefix]) => path.startsWith(prefix)) ?? [];
  const body = freshId !== "" && answer.includes(freshId) ? filled(answer) : answer;
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const server = createServer({ noDelay: true }, (socket) => {
  let missing = 0;
  let path = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    if (missing > 0) {
      missing -= chunk.length;
    } else {
      const headEnd = chunk.indexOf("\r\n\r\n");
      const head = chunk.toString("latin1", 0, headEnd);
      const length = /content-length: *(\d+)/i.exec(head)?.[1] ?? 0;
      path = head.split(" ", 2)[1] ?? "";
      missing = Number(length) - (chunk.length - headEnd - 4);
    }
    if (missing === 0) socket.write(answerTo(path));
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.on("SIGTERM", () => process.exit());
