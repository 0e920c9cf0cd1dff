// What stands for the servers that pages name as examples: a shop, and a weather service.
import { createServer } from "node:http";
import { toNodeHandler } from "@agentgate/site/node";
import { freePort } from "@agentgate/testing";
import { startSdkServer, textOf } from "../../packages/gateway/src/mcp-servers/testing/sdk-server.ts";
import { goldenShop } from "../../packages/site/src/testing/golden-shop.ts";

export interface Stands {
  /** By what pages call them. */
  examples: Readonly<Record<string, string>>;
  close(): Promise<unknown>;
}

export async function startStands(): Promise<Stands> {
  const [shop, weather] = await Promise.all([startShop(), startWeather()]);
  return {
    examples: { "https://myshop.com": shop.url, "https://weather.example/mcp": weather.url },
    close: () => Promise.all([shop.close(), weather.close()]),
  };
}

async function startShop() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = createServer(toNodeHandler(goldenShop({ baseUrl: url })));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, close };
}

const startWeather = () => {
  const inputSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const say = (what: string) => ({ inputSchema, run: ({ city }: { city: string }) => textOf(`${what} in ${city}`) });
  return startSdkServer([
    { name: "forecast", description: "Tomorrow's weather in a city", ...say("Rain") },
    { name: "alerts", description: "Warnings for a city", ...say("No warnings") },
  ]);
};
