import type { JsonSchema } from "@agentgate/site/codegen";
import { describe, expect, test } from "vitest";
import { bundleDocument } from "./bundle-document.ts";
import { OpenApiImportError } from "./import-error.ts";
import { type ImportOptions, importOpenApi } from "./import-openapi.ts";

const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
const answers = (schema: unknown) => ({ responses: { 200: { description: "", ...json(schema) } } });
const text = { type: "string" };
const parameter = (place: string, name: string, more: object = {}) => ({ name, in: place, schema: text, ...more });

/** Imports a document of these paths. */
function importPaths(paths: object, more: object = {}, options: ImportOptions = {}) {
  return importOpenApi(
    { openapi: "3.1.0", info: { title: "API", version: "1" }, servers: [{ url: "https://api.test" }], paths, ...more },
    options,
  );
}

/** Imports one operation; it has to be taken. */
function importOne(operation: object, more: object = {}, at = "/things", method = "post") {
  const api = importPaths({ [at]: { [method]: { operationId: "doIt", ...answers({}), ...operation } } }, more);
  expect(api.leftOut).toEqual([]);
  return { ...api.operations[0]!, notes: api.notes.map((note) => note.text) };
}

const inputOf = (schema: unknown, components: object = {}): JsonSchema =>
  importOne(
    { requestBody: { required: true, ...json({ type: "object", properties: { it: schema } }) } },
    { components },
  ).schema;

const propertyOf = (schema: unknown, components: object = {}) =>
  (inputOf(schema, components) as { properties: Record<string, JsonSchema> }).properties.it;

describe("documents", () => {
  test.each([
    [null, /not an OpenAPI document/],
    [{ swagger: "2.0" }, /no `paths`/],
    [{ swagger: "1.2", paths: {} }, /not an OpenAPI 3 or Swagger 2/],
    [{ openapi: "4.0.0", paths: {} }, /not an OpenAPI 3 or Swagger 2 document/],
    [{ openapi: "3.1.0" }, /no `paths`/],
  ])("%j is refused with what to do", (document, message) => {
    expect(() => importOpenApi(document)).toThrow(OpenApiImportError);
    expect(() => importOpenApi(document)).toThrow(message);
  });

  test.each([
    [[{ url: "https://api.test/v1/" }], undefined, "https://api.test/v1"],
    [[{ url: "/v2" }], "https://docs.test/specs/openapi.json", "https://docs.test/v2"],
    [[{ url: "../v3" }], "https://docs.test/specs/openapi.json", "https://docs.test/v3"],
    [
      [{ url: "https://{region}.api.test", variables: { region: { default: "eu" } } }],
      undefined,
      "https://eu.api.test",
    ],
    [undefined, "https://docs.test/openapi.json", "https://docs.test"],
    [[{ url: "/v2" }], "file:///specs/openapi.json", undefined],
    [[{ url: "ftp://api.test" }], undefined, undefined],
  ])("the server of %j from %s is %s", (servers, sourceUrl, url) => {
    const api = importPaths({}, { servers }, sourceUrl ? { sourceUrl } : {});
    expect(api.serverUrl).toBe(url);
    if (!url) expect(api.notes[0]?.text).toMatch(/no absolute server URL/);
  });
});

describe("external references", () => {
  const files: Record<string, unknown> = {
    "https://api.test/schemas/pet.json": {
      Pet: { type: "object", properties: { owner: { $ref: "../people.json#/Person" }, parent: { $ref: "#/Pet" } } },
    },
    "https://api.test/people.json": { Person: { type: "object", properties: { name: text } } },
  };
  const load = async (uri: string) => {
    if (uri in files) return files[uri];
    throw new Error("404");
  };
  const document = (ref: string) => ({
    openapi: "3.1.0",
    paths: { "/pets": { get: { operationId: "a", ...answers({ $ref: ref }) } } },
  });

  test("are spliced in, over several documents, with their recursion", async () => {
    const bundle = await bundleDocument(document("schemas/pet.json#/Pet"), "https://api.test/openapi.json", load);
    expect(bundle.problems).toEqual([]);
    const [operation] = importOpenApi(bundle.document, { sourceUrl: "https://api.test/openapi.json" }).operations;
    const person = { type: "object", properties: { name: text } };
    const pet = { type: "object", properties: { owner: { $ref: "#/$defs/Person" }, parent: { $ref: "#/$defs/Pet" } } };
    expect(operation?.output).toEqual({ ...pet, $defs: { Pet: pet, Person: person } });
  });

  test("that lead nowhere are told and become anything", async () => {
    const bundle = await bundleDocument(document("missing.json#/Pet"), "https://api.test/openapi.json", load);
    expect(bundle.problems).toEqual(["https://api.test/missing.json: 404"]);
    expect(importOpenApi(bundle.document).operations[0]?.output).toEqual({});
  });
});

describe("path items", () => {
  test("behind a chain of $refs are found; a circle is reported", () => {
    const api = importPaths(
      { "/a": { $ref: "#/components/pathItems/one" }, "/b": { $ref: "#/components/pathItems/loop" } },
      {
        components: {
          pathItems: {
            one: { $ref: "#/components/pathItems/two" },
            two: { get: { operationId: "found" } },
            loop: { $ref: "#/components/pathItems/loop" },
          },
        },
      },
    );
    expect(api.operations.map(({ name }) => name)).toEqual(["found"]);
    expect(api.leftOut).toMatchObject([{ operation: "/b", text: expect.stringContaining("circle") }]);
  });

  test("lend their parameters, which an operation overrides by name and place", () => {
    const pathItem = {
      parameters: [
        parameter("path", "id", { required: true }),
        parameter("query", "limit"),
        parameter("header", "limit"),
      ],
      get: {
        operationId: "a",
        parameters: [parameter("query", "limit", { schema: { type: "integer" }, required: true })],
      },
    };
    const [operation] = importPaths({ "/x/{id}": pathItem }).operations;
    expect(operation?.schema).toMatchObject({
      properties: { id: text, limit: { type: "integer" }, header_limit: text },
      required: ["id", "limit"],
    });
  });
});

describe("input", () => {
  test("names that collide between path, query, header and body get their place as prefix", () => {
    const operation = importOne(
      {
        parameters: [parameter("path", "id", { required: true }), parameter("query", "id"), parameter("header", "id")],
        requestBody: {
          required: true,
          ...json({ type: "object", properties: { id: text, name: text }, required: ["id"] }),
        },
      },
      {},
      "/x/{id}",
    );
    expect(operation.schema).toMatchObject({ required: ["id", "body_id"] });
    expect(operation.parameters).toEqual([
      { in: "path", name: "id", field: "id" },
      { in: "query", name: "id", field: "query_id" },
      { in: "header", name: "id", field: "header_id" },
    ]);
    expect(operation.body).toMatchObject({ kind: "fields", form: "json", fields: { id: "body_id", name: "name" } });
    expect(operation.notes).toContain('body field "id" is called "body_id"');
  });

  test.each([
    ["a list", { type: "array", items: text }],
    ["a choice", { oneOf: [{ type: "object" }, { type: "object" }] }],
    ["a map", { type: "object", additionalProperties: text }],
    ["anything", true],
  ])("a body that is %s becomes the field `body`", (_, schema) => {
    const operation = importOne({ requestBody: { required: true, ...json(schema) } });
    expect(operation.body).toEqual({ kind: "whole", form: "json", field: "body" });
    expect(operation.schema).toMatchObject({ properties: { body: schema }, required: ["body"] });
  });

  test("an optional body makes its fields optional", () => {
    const operation = importOne({ requestBody: json({ type: "object", properties: { a: text }, required: ["a"] }) });
    expect(operation.schema).toEqual({ type: "object", properties: { a: text } });
  });

  test("names that could reach a prototype are renamed", () => {
    const properties = JSON.parse('{"__proto__": {"type": "string"}, "constructor": {"type": "string"}}');
    const operation = importOne({ requestBody: { required: true, ...json({ type: "object", properties }) } });
    expect(Object.keys((operation.schema as { properties: object }).properties)).toEqual([
      "body___proto__",
      "body_constructor",
    ]);
  });

  test.each([
    [{ in: "cookie", name: "c", schema: { type: "array", items: text } }, 'style "form", exploded, is not defined'],
    [{ in: "query", name: "q", content: { "application/xml": {} } }, "serialised by a media type"],
    [{ in: "query", name: "q", style: "deepObject", schema: text }, 'style "deepObject"'],
    [{ in: "query", name: "q", style: "pipeDelimited", explode: true, schema: { type: "array" } }, "pipeDelimited"],
    [
      { in: "query", name: "q", schema: { type: "array", items: { type: "array", items: text } } },
      "lists or objects in",
    ],
    [{ in: "header", name: "Content-Length", schema: text }, "not the caller's to set"],
  ])("a parameter that cannot be carried is left out, or with it the operation: %j", (optional, reason) => {
    expect(importOne({ parameters: [optional] }).notes.join()).toContain(reason);
    const api = importPaths({ "/a": { get: { parameters: [{ ...optional, required: true }] } } });
    expect(api.leftOut[0]?.text).toContain(reason);
  });

  test("headers described by other means are no input", () => {
    const operation = importOne({
      parameters: ["Accept", "Content-Type", "Authorization"].map((name) => parameter("header", name)),
    });
    expect(operation.parameters).toEqual([]);
  });
});

describe("content that is not JSON", () => {
  test("a body or a reply leaves the operation out: a write without what it writes is none", () => {
    const form = { content: { "multipart/form-data": { schema: {} } } };
    const api = importPaths({
      "/a": { post: { requestBody: { required: true, ...form } } },
      "/b": { get: { responses: { 200: { content: { "text/csv": {} } } } } },
      "/c": { post: { requestBody: form } },
      "/d": { post: { requestBody: { content: { "image/png": {} } } } },
    });
    expect(api.leftOut).toEqual([
      { operation: "POST /a", text: "its request body is a form (multipart/form-data) whose fields are not described" },
      { operation: "GET /b", text: "it answers text/csv; only JSON can be carried" },
      { operation: "POST /c", text: "its request body is a form (multipart/form-data) whose fields are not described" },
      { operation: "POST /d", text: "its request body is image/png; only JSON and forms can be carried" },
    ]);
  });

  test.each(["application/json", "application/json; charset=utf-8", "application/vnd.api+json", "text/json"])(
    "%s is JSON",
    (type) => {
      const api = importPaths({ "/a": { get: { responses: { 200: { content: { [type]: { schema: text } } } } } } });
      expect(api.operations[0]?.output).toEqual(text);
    },
  );

  test("the lowest success counts, and no content is null", () => {
    const output = (responses: object) => importPaths({ "/a": { get: { responses } } }).operations[0]?.output;
    expect(output({ 404: json(text), 204: { description: "" } })).toEqual({ type: "null" });
    expect(output({ 201: json({ type: "integer" }), 200: json(text) })).toEqual(text);
    expect(output({ "2XX": json(text), default: json({}) })).toEqual(text);
    expect(output({})).toBe(true);
  });
});

describe("schemas", () => {
  test("3.0's nullable and exclusive bounds become 2020-12", () => {
    expect(propertyOf({ type: "string", nullable: true })).toEqual({ type: ["string", "null"] });
    expect(propertyOf({ type: "string", enum: ["a"], nullable: true })).toEqual({
      type: ["string", "null"],
      enum: ["a", null],
    });
    expect(propertyOf({ allOf: [{ oneOf: [text] }], nullable: true })).toEqual({
      anyOf: [{ oneOf: [text] }, { type: "null" }],
    });
    expect(
      propertyOf({ type: "integer", minimum: 5, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false }),
    ).toEqual({
      type: "integer",
      exclusiveMinimum: 5,
      maximum: 9,
    });
    expect(propertyOf({ type: "integer", exclusiveMinimum: 5 })).toEqual({ type: "integer", exclusiveMinimum: 5 });
    expect(propertyOf({ type: "string", example: "x", xml: {}, "x-internal": 1 })).toEqual({
      type: "string",
      examples: ["x"],
    });
  });

  test("a nullable reference", () => {
    const schemas = { Pet: { type: "object", properties: { name: text } } };
    expect(propertyOf({ $ref: "#/components/schemas/Pet", nullable: true }, { schemas })).toEqual({
      anyOf: [{ $ref: "#/$defs/Pet" }, { type: "null" }],
    });
  });

  test("readOnly properties leave the input, writeOnly ones the output", () => {
    const schemas = {
      Stamp: { type: "string", readOnly: true },
      Account: {
        type: "object",
        properties: {
          id: { ...text, readOnly: true },
          at: { $ref: "#/components/schemas/Stamp" },
          password: { ...text, writeOnly: true },
          name: text,
        },
        required: ["id", "at", "password", "name"],
      },
    };
    const account = { $ref: "#/components/schemas/Account" };
    const operation = importOne(
      { requestBody: { required: true, ...json(account) }, ...answers(account) },
      { components: { schemas } },
    );
    expect(operation.schema).toMatchObject({
      properties: { password: text, name: text },
      required: ["password", "name"],
    });
    expect(Object.keys((operation.schema as { properties: object }).properties)).toEqual(["password", "name"]);
    expect(operation.output).toMatchObject({ required: ["id", "at", "name"] });
  });

  test("recursion survives behind $defs", () => {
    const schemas = {
      Tree: {
        type: "object",
        properties: { children: { type: "array", items: { $ref: "#/components/schemas/Tree" } } },
      },
    };
    const tree = { type: "object", properties: { children: { type: "array", items: { $ref: "#/$defs/Tree" } } } };
    expect(importOne(answers({ $ref: "#/components/schemas/Tree" }), { components: { schemas } }).output).toEqual({
      ...tree,
      $defs: { Tree: tree },
    });
    expect(inputOf({ $ref: "#/components/schemas/Tree" }, { schemas })).toMatchObject({
      properties: { it: { $ref: "#/$defs/Tree" } },
      $defs: { Tree: tree },
    });
  });

  test("allOf is merged where that changes nothing", () => {
    const schemas = { Pet: { type: "object", properties: { name: text }, required: ["name"] } };
    const pet = { $ref: "#/components/schemas/Pet" };
    expect(
      propertyOf({ allOf: [pet, { type: "object", properties: { breed: text }, required: ["breed"] }] }, { schemas }),
    ).toEqual({
      type: "object",
      properties: { name: text, breed: text },
      required: ["name", "breed"],
    });
    expect(propertyOf({ allOf: [pet], description: "A pet" }, { schemas })).toEqual({
      $ref: "#/$defs/Pet",
      description: "A pet",
    });
  });

  test.each([
    ["a closed branch", { type: "object", properties: { a: text }, additionalProperties: false }],
    ["a choice", { oneOf: [text] }],
    ["a property described differently", { type: "object", properties: { name: { type: "integer" } } }],
  ])("allOf with %s stays", (_, branch) => {
    const schema = { allOf: [{ type: "object", properties: { name: text } }, branch] };
    expect(propertyOf(schema)).toEqual(schema);
  });

  test("an allOf that contains itself comes to an end", () => {
    const schemas = {
      A: { allOf: [{ $ref: "#/components/schemas/B" }] },
      B: { allOf: [{ $ref: "#/components/schemas/A" }] },
    };
    expect(() => propertyOf({ $ref: "#/components/schemas/A" }, { schemas })).not.toThrow();
  });

  test("definitions of one name that differ between body and parameter keep apart", () => {
    const operation = importOne(
      {
        parameters: [
          { name: "filter", in: "query", schema: { type: "array", items: { $ref: "#/components/schemas/a/Item" } } },
        ],
        requestBody: {
          required: true,
          ...json({ type: "object", properties: { item: { $ref: "#/components/schemas/b/Item" } } }),
        },
      },
      { components: { schemas: { a: { Item: text }, b: { Item: { type: "integer" } } } } },
    );
    expect(operation.schema).toMatchObject({
      properties: { filter: { items: { $ref: "#/$defs/Item" } }, item: { $ref: "#/$defs/Item_2" } },
      $defs: { Item: text, Item_2: { type: "integer" } },
    });
  });
});

describe("names, risk, selection", () => {
  test("names come from the operationId, or method and path; they are snake_case, unique, at most 64 long", () => {
    const api = importPaths({
      "/a": { get: { operationId: "listAllHTTPPets" }, post: { operationId: "list.all-http pets" } },
      "/pets/{petId}/toys": { get: {} },
      "/long": { get: { operationId: "veryLong".repeat(12) } },
      "/9": { get: { operationId: "9lives" } },
    });
    expect(api.operations.map(({ name }) => name)).toEqual([
      "list_all_http_pets",
      "list_all_http_pets_2",
      "get_pets_by_pet_id_toys",
      expect.stringMatching(/^(very_long)+\w{0,9}$/),
      "n9lives",
    ]);
    for (const { name } of api.operations) expect(name.length).toBeLessThanOrEqual(64);
    expect(api.notes).toContainEqual({
      operation: "GET /pets/{petId}/toys",
      text: 'has no operationId; it is called "get_pets_by_pet_id_toys"',
    });
  });

  test("an operationId used twice is told", () => {
    const api = importPaths({ "/a": { get: { operationId: "x" } }, "/b": { get: { operationId: "x" } } });
    expect(api.operations.map(({ name }) => name)).toEqual(["x", "x_2"]);
    expect(api.notes).toContainEqual({ operation: "GET /b", text: 'its operationId "x" is used twice' });
  });

  test("risk and idempotence come from the method; OPTIONS, HEAD and TRACE are no actions", () => {
    const methods = ["get", "put", "post", "patch", "delete", "head", "options", "trace"];
    const api = importPaths({ "/a": Object.fromEntries(methods.map((method) => [method, { operationId: method }])) });
    expect(
      Object.fromEntries(api.operations.map(({ name, risk, idempotent }) => [name, `${risk} ${idempotent}`])),
    ).toEqual({
      get: "low true",
      put: "medium true",
      post: "medium false",
      patch: "medium false",
      delete: "high true",
    });
    expect(api.leftOut.map(({ text }) => text)).toEqual([
      "OPTIONS is no action",
      "HEAD is no action",
      "TRACE is no action",
    ]);
  });

  test("deprecated operations stay out unless they are asked for", () => {
    const paths = { "/a": { get: { operationId: "old", deprecated: true } } };
    expect(importPaths(paths).leftOut).toEqual([{ operation: "GET /a", text: "deprecated" }]);
    expect(importPaths(paths, {}, { deprecated: true }).operations).toMatchObject([{ name: "old", deprecated: true }]);
  });

  test("include, exclude, rename and the limit", () => {
    const paths = {
      "/pets": { get: { operationId: "listPets", tags: ["pets"] }, post: { operationId: "createPet", tags: ["pets"] } },
      "/admin/users": { get: { operationId: "listUsers" } },
    };
    const taken = (options: ImportOptions) => importPaths(paths, {}, options).operations.map(({ name }) => name);
    expect(taken({})).toEqual(["list_pets", "create_pet", "list_users"]);
    expect(taken({ include: ["tag:pets"] })).toEqual(["list_pets", "create_pet"]);
    expect(taken({ include: ["GET *"] })).toEqual(["list_pets", "list_users"]);
    expect(taken({ exclude: ["* /admin/*", "createPet"] })).toEqual(["list_pets"]);
    expect(taken({ rename: { listPets: "find pets", "GET /admin/users": "people" } })).toEqual([
      "find_pets",
      "create_pet",
      "people",
    ]);
    expect(taken({ operationsMax: 1 })).toEqual(["list_pets"]);
    expect(importPaths(paths, {}, { operationsMax: 1 }).leftOut[0]?.text).toMatch(/over the limit of 1 operations/);
  });

  test("an operation with a server of its own is left out", () => {
    const api = importPaths({ "/a": { get: { servers: [{ url: "https://other.test" }] } } });
    expect(api.leftOut).toEqual([{ operation: "GET /a", text: "it has a server of its own" }]);
  });
});

test("security schemes become the draft's credentials; parameters that carry them are no input", () => {
  const securitySchemes = {
    apiKey: { type: "apiKey", in: "header", name: "X-Key" },
    queryKey: { type: "apiKey", in: "query", name: "key" },
    token: { type: "http", scheme: "bearer" },
    login: { type: "oauth2", flows: {} },
    session: { type: "apiKey", in: "cookie", name: "sid" },
    cert: { type: "mutualTLS" },
  };
  const api = importPaths(
    {
      "/a": {
        get: {
          operationId: "a",
          parameters: [
            parameter("header", "x-key", { required: true }),
            parameter("query", "key"),
            parameter("query", "q"),
          ],
        },
      },
    },
    { components: { securitySchemes } },
  );
  expect(api.credentials).toEqual([
    { in: "header", name: "X-Key", variable: "UPSTREAM_API_KEY", prefix: "" },
    { in: "query", name: "key", variable: "UPSTREAM_QUERY_KEY", prefix: "" },
    { in: "header", name: "Authorization", variable: "UPSTREAM_TOKEN", prefix: "Bearer " },
    { in: "header", name: "Cookie", variable: "UPSTREAM_SESSION", prefix: "sid=" },
  ]);
  expect(api.operations[0]?.parameters).toEqual([{ in: "query", name: "q", field: "q" }]);
  expect(api.notes.map((note) => note.text)).toEqual([
    'security scheme "login" (oauth2): get and refresh its token in the draft\'s resolveHeaders',
    'security scheme "cert" (mutualTLS) is not known; add its credential to the draft by hand',
    'more than one security scheme uses the header "Authorization"; the draft sends the first',
  ]);
});
