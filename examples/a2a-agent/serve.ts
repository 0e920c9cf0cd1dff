import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { AgentCard } from "@a2a-js/sdk";
import { createLegacyAwarePushNotificationSender } from "@a2a-js/sdk/compat/v0_3/server";
import { DefaultRequestHandler, InMemoryPushNotificationStore, InMemoryTaskStore } from "@a2a-js/sdk/server";
import { jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";
import { ExampleExecutor } from "./executor.ts";

export interface ExampleAgent {
  url: string;
  close(): Promise<void>;
}

export interface ExampleOptions {
  /** Any free one when 0. */
  port?: number;
  /** Protocol versions that the card offers; the agent answers both. */
  versions?: readonly ("1.0" | "0.3")[];
  bindings?: readonly ("JSONRPC" | "HTTP+JSON")[];
  /** Sees every request first. */
  onRequest?(request: express.Request): void;
}

/** An A2A agent made with the official SDK: card, JSON-RPC at `/`, HTTP+JSON at `/rest`, push notifications, both versions. */
export async function serveExampleAgent(options: ExampleOptions = {}): Promise<ExampleAgent> {
  const { versions = ["1.0", "0.3"], bindings = ["JSONRPC", "HTTP+JSON"] } = options;
  const startedAt = new Date().toUTCString();
  const app = express();
  const server = app.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const supportedInterfaces = versions.flatMap((protocolVersion) =>
    bindings.map((protocolBinding) => ({
      url: protocolBinding === "JSONRPC" ? url : `${url}/rest`,
      protocolBinding,
      protocolVersion,
    })),
  );
  const card = {
    name: "A2A example agent",
    description: "Shows what A2A can carry: text, files, links, data, questions, streams and long waits",
    version: "1.0.0",
    provider: { organization: "AgentGate", url: "https://agentgate.example" },
    supportedInterfaces,
    capabilities: { streaming: true, pushNotifications: true },
    defaultInputModes: ["text/plain", "application/json"],
    defaultOutputModes: ["text/plain", "application/json"],
    skills: [
      {
        id: "show",
        name: "Show",
        description: "Answers `text`, `file`, `link`, `data`, `ask`, `fail`, `count 5` or `wait 2000`; echoes the rest",
        tags: ["example"],
      },
    ],
  };
  const pushStore = new InMemoryPushNotificationStore();
  const requestHandler = new DefaultRequestHandler(
    AgentCard.fromJSON(card),
    new InMemoryTaskStore(),
    new ExampleExecutor(),
    undefined,
    pushStore,
    createLegacyAwarePushNotificationSender(pushStore),
  );
  app.use((request, _response, next) => {
    options.onRequest?.(request);
    next();
  });
  app.get("/health", (_request, response) => void response.json({ status: "ok" }));
  app.get("/.well-known/agent-card.json", (_request, response) => {
    response.set({ vary: "A2A-Version", "cache-control": "max-age=60", etag: '"1"', "last-modified": startedAt });
    response.json(versions.includes("1.0") ? card : legacyCard(card, url, bindings));
  });
  // The SDK reads bodies with express.json, 100 kB at most, unless one was read before.
  app.use(express.json({ limit: "10mb", type: ["application/json", "application/a2a+json"] }));
  app.use((_error: unknown, { path }: express.Request, response: express.Response, _next: express.NextFunction) => {
    const message = "The body is not JSON";
    if (path === "/") response.json({ jsonrpc: "2.0", id: null, error: { code: -32700, message } });
    else response.status(400).json({ error: { code: 400, status: "INVALID_ARGUMENT", message, details: [] } });
  });
  const common = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: true } };
  app.use("/rest", restHandler(common));
  app.post("/", jsonRpcHandler(common));
  app.use(({ method, path }, response) => {
    response.status(404).json({ error: `No ${method} ${path} here`, card: `${url}/.well-known/agent-card.json` });
  });
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The card as an agent of 0.3 alone has it. */
function legacyCard(
  { supportedInterfaces: _, ...card }: Record<string, unknown>,
  url: string,
  bindings: readonly string[],
): Record<string, unknown> {
  const interfaces = bindings.map((transport) => ({ url: transport === "JSONRPC" ? url : `${url}/rest`, transport }));
  const [first] = interfaces;
  return {
    protocolVersion: "0.3.0",
    url: first?.url,
    preferredTransport: first?.transport,
    additionalInterfaces: interfaces,
    ...card,
  };
}
