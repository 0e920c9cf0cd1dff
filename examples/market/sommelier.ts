import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";

/** What goes with what. */
const PAIRINGS: readonly [words: RegExp, drink: string][] = [
  [/ramen|miso/i, "a dry cider"],
  [/curry|masala/i, "mango lassi"],
  [/pizza|pasta/i, "a light red wine"],
];

const recommendDrink = {
  name: "recommend_drink",
  title: "Recommend a drink",
  description: "Says what to drink with a dish",
  inputSchema: { type: "object", properties: { dish: { type: "string", minLength: 1 } }, required: ["dish"] },
  outputSchema: { type: "object", properties: { drink: { type: "string" } }, required: ["drink"] },
  annotations: { readOnlyHint: true },
} as const;

export interface Sommelier {
  /** Where it speaks MCP. */
  url: string;
  close(): Promise<void>;
}

/** An MCP server as anybody writes one with the official SDK: it knows nothing of gateways or money. */
export async function serveSommelier(): Promise<Sommelier> {
  const handler = createMcpHandler(
    () => {
      const server = new Server({ name: "sommelier", version: "1.0.0" }, { capabilities: { tools: {} } });
      server.setRequestHandler("tools/list", () => ({ tools: [recommendDrink] as never }));
      server.setRequestHandler("tools/call", ({ params }) => {
        const { dish = "" } = (params.arguments ?? {}) as { dish?: string };
        const drink = PAIRINGS.find(([words]) => words.test(dish))?.[1] ?? "sparkling water";
        return { content: [{ type: "text", text: drink }], structuredContent: { drink } } as never;
      });
      return server;
    },
    { legacy: "stateless" },
  );
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", headers, url } = incoming;
    const body = method === "POST" ? await bodyOf(incoming) : undefined;
    const request = new Request(`http://${headers.host}${url}`, {
      method,
      headers: headers as Record<string, string>,
      ...(body && { body }),
    });
    const answer = await handler.fetch(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      await handler.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
