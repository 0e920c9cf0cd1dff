import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AgentApp } from "@agentgate/site";
import { type ImportOptions, importOpenApi, type OpenApiImport, renderDraft } from "../index.ts";

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface DraftedSite extends AsyncDisposable {
  readonly api: OpenApiImport;
  readonly draft: string;
  readonly app: AgentApp;
  /** Calls an intent; says what the agent was answered and what reached the API, if anything did. */
  call(intent: string, input: unknown): Promise<{ status: number; body: unknown; seen: SeenRequest | undefined }>;
}

/** Imports a document, runs the draft as it is, and puts it before a real HTTP API that answers `{}`. */
export async function draftedSite(document: unknown, options: ImportOptions = {}): Promise<DraftedSite> {
  let seen: SeenRequest | undefined;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      response.setHeader("Content-Type", "application/json").end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(fileURLToPath(new URL("./draft-", import.meta.url)));
  const api = importOpenApi(document, { operationsMax: 1000, ...options });
  const draft = renderDraft(api, "api.json");
  writeFileSync(`${folder}/site.ts`, draft);
  process.env.UPSTREAM_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AGENT_API_KEY = "key-of-an-agent-0123";
  for (const [, name] of draft.matchAll(/setting\("([^"]+)"\)/g)) process.env[name!] ??= "secret-0123456789";
  const { app } = (await import(pathToFileURL(`${folder}/site.ts`).href)) as { app: AgentApp };
  return {
    api,
    draft,
    app,
    async call(intent, input) {
      seen = undefined;
      const response = await app.fetch(
        new Request(`http://localhost:3000/agent/intents/${intent}`, {
          method: "POST",
          headers: {
            "X-Agent-Request": "true",
            "X-API-Key": "key-of-an-agent-0123",
            "Content-Type": "application/json",
          },
          body: JSON.stringify(input),
        }),
      );
      return { status: response.status, body: await response.json(), seen };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A document of these paths. */
export const documentOf = (paths: object, more: object = {}) => ({
  openapi: "3.1.0",
  info: { title: "T", version: "1" },
  servers: [{ url: "https://api.example.com" }],
  paths,
  ...more,
});

export const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
