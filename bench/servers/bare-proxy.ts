// The yardstick: the least a Node proxy that looks at JSON can do. No auth, no limit, no routing, no log, no metrics.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

const pool = new Pool(process.env.AGENT_URL!, { connections: 1024, pipelining: 1, allowH2: false });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    try {
      const task = JSON.parse(Buffer.concat(chunks).toString());
      const answer = await pool.request({
        path: "/a2a",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(task),
      });
      const body = await answer.body.text();
      JSON.parse(body);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    } catch {
      response.writeHead(502, { "content-length": 0 }).end();
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.on("SIGTERM", () => process.exit());
