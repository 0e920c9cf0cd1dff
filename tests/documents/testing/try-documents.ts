// Imports documents, mounts each draft as it is, and calls every intent of it before an API that answers `{}`. A program of its own, so
// that a document which takes too much takes it from nobody else. Reads what to try from its first argument; writes a line for each.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import type { AgentApp } from "@agentgate/site";
import {
  type ImportedOperation,
  importOpenApi,
  OpenApiImportError,
  renderDraft,
} from "../../../packages/cli/src/openapi/index.ts";
import { loadOpenApi } from "../../../packages/cli/src/openapi/load-openapi.ts";
import { inputFor } from "./input-for.ts";
import type { Trial, Tried } from "./trials.ts";

const AGENT_KEY = "key-of-an-agent-0123";

/** What has reached the API since it was last looked at. */
const reached: string[] = [];
const upstream = createServer((request, response) => {
  reached.push(`${request.method} ${request.url}`);
  request.resume().on("end", () => response.setHeader("Content-Type", "application/json").end("{}"));
});
await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
process.env.UPSTREAM_URL = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
process.env.AGENT_API_KEY = AGENT_KEY;

for (const trial of JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Trial[]) {
  console.log(JSON.stringify({ trying: trial.name }));
  console.log(JSON.stringify(await tryDocument(trial)));
}
upstream.close();
upstream.closeAllConnections();

async function tryDocument({ name, file, operationsMax, draftFile }: Trial): Promise<Tried> {
  const tried: Tried = {
    name,
    importMs: 0,
    operations: 0,
    leftOut: {},
    drafted: 0,
    called: 0,
    withoutInput: [],
    faults: [],
  };
  const started = performance.now();
  try {
    const { document } = await loadOpenApi(file);
    const api = importOpenApi(document, { operationsMax });
    const draft = renderDraft(api, name);
    tried.importMs = Math.round(performance.now() - started);
    tried.operations = api.operations.length + api.leftOut.length;
    tried.drafted = api.operations.length;
    for (const { text } of api.leftOut) {
      const kind = kindOf(text);
      tried.leftOut[kind] = (tried.leftOut[kind] ?? 0) + 1;
    }
    writeFileSync(draftFile, draft);
    for (const [, variable] of draft.matchAll(/setting\("([^"]+)"\)/g)) process.env[variable!] ??= "secret-0123456789";
    const { app } = (await import(pathToFileURL(draftFile).href)) as { app: AgentApp };
    for (const operation of api.operations) await tryIntent(app, operation, tried);
  } catch (error) {
    if (isTold(error)) tried.refused = error.message;
    else tried.faults.push(String((error as Error).stack ?? error).slice(0, 500));
  }
  return tried;
}

/** The command's own words for a document that it does not take. */
function isTold(error: unknown): error is Error {
  return error instanceof OpenApiImportError || (error as { name?: string }).name === "CliError";
}

async function tryIntent(app: AgentApp, operation: ImportedOperation, tried: Tried): Promise<void> {
  const label = `${operation.method} ${operation.path}`;
  const made = inputFor(operation.schema as Record<string, unknown>);
  if (!made) {
    tried.withoutInput.push(label);
    return;
  }
  const request = new Request(`http://localhost:3000/agent/intents/${operation.name}`, {
    method: "POST",
    headers: { "X-Agent-Request": "true", "X-API-Key": AGENT_KEY, "Content-Type": "application/json" },
    body: JSON.stringify(made.input),
  });
  const response = await app.fetch(request);
  const answer = await response.text();
  const seen = reached.splice(0).join();
  // A brace in the path is a place that was not filled.
  if (response.status === 200 && seen.startsWith(`${operation.method} /`) && !/^[^?]*[{}]/.test(seen)) tried.called++;
  else {
    const input = JSON.stringify(made.input).slice(0, 200);
    tried.faults.push(`${label}: ${response.status} ${answer.slice(0, 200)}; input ${input}; upstream ${seen}`);
  }
}

/** Reasons, without what is particular to one document. */
function kindOf(reason: string): string {
  if (reason.startsWith("over the limit")) return "beyond --max";
  if (/^it answers|^its request body is/.test(reason)) return "neither JSON nor a form";
  if (/^(parameter|field) "/.test(reason)) return "a required part that cannot be carried";
  if (reason.startsWith("its path contains")) return "a path with a query or a fragment";
  if (reason.startsWith("its input contradicts itself")) return "an input that contradicts itself";
  return reason.replace(/"[^"]*"/g, '"…"');
}
