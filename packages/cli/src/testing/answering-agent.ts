import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An agent of the plain contract (section 13) on a free port: it answers every task, or fails it when told to. */
export async function startAnsweringAgent() {
  let failing = false;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(failing ? 500 : 200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ status: { state: "completed" }, artifacts: [{ parts: [{ type: "text", text: "hi" }] }] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fails(value: boolean) {
      failing = value;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
