import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AgentApp } from "@agentgate/site";
import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { afterAll, describe, expect, test, vi } from "vitest";
import { renderDraft } from "./draft.ts";
import { importOpenApi } from "./import-openapi.ts";
import { renderReport } from "./report.ts";

const text = { type: "string" };
const pet = {
  type: "object",
  properties: {
    id: { type: "integer", readOnly: true },
    name: text,
    friends: { type: "array", items: { $ref: "#/components/schemas/Pet" } },
  },
  required: ["id", "name"],
};
const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
const ref = { $ref: "#/components/schemas/Pet" };

const petstore = {
  openapi: "3.0.3",
  info: { title: "Petstore", version: "1.2.0", description: "Pets to adopt. And more." },
  servers: [{ url: "/v1" }],
  paths: {
    "/pets": {
      get: {
        operationId: "listPets",
        summary: "List pets",
        parameters: [{ name: "tag", in: "query", schema: { type: "array", items: text } }],
        responses: { 200: json({ type: "array", items: ref }) },
      },
      post: {
        operationId: "createPet",
        summary: "Add a pet",
        requestBody: { required: true, ...json(ref) },
        responses: { 201: json(ref) },
      },
    },
    "/pets/{pet-id}": {
      parameters: [
        { name: "pet-id", in: "path", required: true, schema: text },
        { name: "X-Trace", in: "header", schema: text },
      ],
      get: { operationId: "getPet", responses: { 200: json(ref) } },
      delete: { operationId: "deletePet", responses: { 204: { description: "gone" } } },
    },
    "/photos": {
      post: { operationId: "upload", requestBody: { required: true, content: { "image/png": {} } }, responses: {} },
    },
  },
  components: { schemas: { Pet: pet }, securitySchemes: { key: { type: "apiKey", in: "header", name: "X-Key" } } },
};

describe("the draft", () => {
  const seen: { method: string; url: string; key: unknown; trace: unknown; body: string }[] = [];
  const api = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, key: headers["x-key"], trace: headers["x-trace"], body });
      if (method === "DELETE") response.writeHead(204).end();
      else if (url.includes("missing")) response.writeHead(404).end('{"message":"No such pet."}');
      else
        response.end(
          JSON.stringify(
            method === "GET" && url.startsWith("/v1/pets?") ? [{ id: 1, name: "Rex" }] : { id: 2, name: "Ada" },
          ),
        );
    });
  });
  const folder = mkdtempSync(fileURLToPath(new URL("./draft-test-", import.meta.url)));
  afterAll(() => {
    api.close();
    rmSync(folder, { recursive: true });
  });

  test("runs as it is, and hands its work to the API", async () => {
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("UPSTREAM_URL", `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1`);
    vi.stubEnv("UPSTREAM_KEY", "sk-upstream");
    vi.stubEnv("AGENT_API_KEY", "sk-agent-0123456789");
    const imported = importOpenApi(petstore, { sourceUrl: "https://pets.test/openapi.json" });
    const file = `${folder}/petstore-site.ts`;
    writeFileSync(file, renderDraft(imported, "petstore.json"));
    const { app } = (await import(pathToFileURL(file).href)) as { app: AgentApp };

    const call = async (intent: string, input: object) => {
      const response = await app.fetch(
        new Request(`http://localhost:3000/agent/intents/${intent}`, {
          method: "POST",
          headers: {
            "X-Agent-Request": "true",
            "X-API-Key": "sk-agent-0123456789",
            "Content-Type": "application/json",
          },
          body: JSON.stringify(input),
        }),
      );
      return { status: response.status, body: await response.json() };
    };
    expect(app.manifest.intents.map(({ name, risk }) => `${name} ${risk}`)).toEqual([
      "list_pets low",
      "create_pet medium",
      "get_pet low",
      "delete_pet high",
    ]);
    expect(await call("list_pets", { tag: ["a b", "c"] })).toEqual({ status: 200, body: [{ id: 1, name: "Rex" }] });
    expect(await call("create_pet", { name: "Ada" })).toEqual({ status: 200, body: { id: 2, name: "Ada" } });
    expect(await call("get_pet", { "pet-id": "../a/b", x_trace: "t1" })).toMatchObject({ status: 200 });
    expect(await call("delete_pet", { "pet-id": "2" })).toEqual({ status: 200, body: null });
    expect(await call("get_pet", { "pet-id": "missing" })).toMatchObject({
      status: 404,
      body: { error: "not_found", message: "No such pet." },
    });
    expect(await call("get_pet", { "pet-id": ".." })).toMatchObject({ status: 422, body: { error: "invalid_input" } });
    expect(await call("create_pet", {})).toMatchObject({ status: 422, body: { error: "invalid_input" } });
    expect(seen).toEqual([
      { method: "GET", url: "/v1/pets?tag=a+b&tag=c", key: "sk-upstream", trace: undefined, body: "" },
      { method: "POST", url: "/v1/pets", key: "sk-upstream", trace: undefined, body: '{"name":"Ada"}' },
      { method: "GET", url: "/v1/pets/..%2Fa%2Fb", key: "sk-upstream", trace: "t1", body: "" },
      { method: "DELETE", url: "/v1/pets/2", key: "sk-upstream", trace: undefined, body: "" },
      { method: "GET", url: "/v1/pets/missing", key: "sk-upstream", trace: undefined, body: "" },
    ]);
    vi.unstubAllEnvs();
  });

  test("reads like one written by hand", () => {
    const imported = importOpenApi(petstore, { sourceUrl: "https://pets.test/openapi.json" });
    const draft = renderDraft(imported, "petstore.json");
    expect(draft).toContain('title: "Petstore",\n  description: "Pets to adopt.",');
    expect(draft).toContain('resolveHeaders: () => ({ "X-Key": setting("UPSTREAM_KEY") }),');
    expect(draft).toContain('path: { "pet-id": input["pet-id"] },\n        header: { "X-Trace": input.x_trace },');
    expect(draft).toContain("export type ListPetsOutput = Pet[];");
    expect(renderReport(imported, "petstore.json")).toContain(
      "4 of 5 operations of Petstore 1.2.0 became intents.\n\n## Taken\n\n| intent | operation | risk |\n| --- | --- | --- |\n| `list_pets` | `GET /pets` | low |",
    );
    expect(renderReport(imported, "petstore.json")).toContain(
      "| `POST /photos` | its request body is image/png; only JSON and forms can be carried |",
    );
  });

  test("an API of nothing gives a site of nothing", () => {
    const draft = renderDraft(importOpenApi({ openapi: "3.1.0", paths: {} }), "empty.json");
    expect(parseSync("draft.ts", draft).errors).toEqual([]);
  });
});

test("whatever the document says, the draft is a module of the same shape", () => {
  const evil = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "*/ process.exit() /*",
      '"); process.exit(); ("',
      "`",
      "\u2028alert(1)",
      "__proto__",
      "constructor",
      "a\nb",
    ),
  );
  const schema = fc.oneof(
    fc.record(
      {
        type: fc.constantFrom("string", "object", "array"),
        description: evil,
        properties: fc.dictionary(evil, fc.constant(text), { maxKeys: 3 }),
        required: fc.array(evil, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    fc.record({ $ref: evil }),
    fc.constant(ref),
  );
  const operation = fc.record(
    {
      operationId: evil,
      summary: evil,
      tags: fc.array(evil, { maxLength: 1 }),
      parameters: fc.array(
        fc.record({
          name: evil,
          in: fc.constantFrom("path", "query", "header", "cookie"),
          required: fc.boolean(),
          schema,
        }),
        { maxLength: 3 },
      ),
      requestBody: fc.record({
        required: fc.boolean(),
        content: fc.record({ "application/json": fc.record({ schema }) }),
      }),
      responses: fc.record({ 200: fc.record({ content: fc.record({ "application/json": fc.record({ schema }) }) }) }),
    },
    { requiredKeys: [] },
  );
  const document = fc.record({
    openapi: fc.constant("3.1.0"),
    info: fc.record({ title: evil, version: evil, description: evil }),
    servers: fc.constant([{ url: "https://api.test/" }]),
    paths: fc.dictionary(
      evil.map((path) => `/${path}`),
      fc.record({ get: operation, post: operation }, { requiredKeys: [] }),
      { maxKeys: 3 },
    ),
    components: fc.record({
      schemas: fc.constant({ Pet: pet }),
      securitySchemes: fc.dictionary(
        evil,
        fc.record({ type: fc.constant("apiKey"), in: fc.constantFrom("header", "query"), name: evil }),
        { maxKeys: 2 },
      ),
    }),
  });
  fc.assert(
    fc.property(document, evil, (input, source) => {
      const { program, errors } = parseSync("draft.ts", renderDraft(importOpenApi(input), source));
      expect(errors).toEqual([]);
      const kinds = program.body.map(({ type }) => type);
      const app = kinds.indexOf("ExportNamedDeclaration");
      // The API stands there when an intent calls it, and the shared schemas when one names them.
      expect(kinds.slice(0, app).join(" ")).toMatch(
        /^ImportDeclaration(?: ImportDeclaration){0,2}(?: VariableDeclaration){0,2}$/,
      );
      expect(
        kinds.slice(app + 1).every((type) => type === "FunctionDeclaration" || type === "ExportNamedDeclaration"),
      ).toBe(true);
    }),
    { numRuns: 200 },
  );
});
