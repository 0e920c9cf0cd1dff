// The mock agent where there is no nginx: answers every request of known length with a constant, and parses nothing else.
import { type AddressInfo, createServer } from "node:net";

const answer = process.env.ANSWER ?? "{}";
const response = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
);

const server = createServer({ noDelay: true }, (socket) => {
  let missing = 0;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    if (missing > 0) {
      missing -= chunk.length;
    } else {
      const headEnd = chunk.indexOf("\r\n\r\n");
      const length = /content-length: *(\d+)/i.exec(chunk.toString("latin1", 0, headEnd))?.[1] ?? 0;
      missing = Number(length) - (chunk.length - headEnd - 4);
    }
    if (missing === 0) socket.write(response);
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.on("SIGTERM", () => process.exit());
