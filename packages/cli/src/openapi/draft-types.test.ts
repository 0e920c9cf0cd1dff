import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importOpenApi, renderDraft } from "./index.ts";
import { documentOf, draftedSite, json } from "./testing/drafted-site.ts";

const root = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const text = { type: "string" };
const pet = { type: "object", properties: { name: text, friend: { $ref: "#/components/schemas/Pet" } } };
const schemas = { components: { schemas: { Pet: pet } } };
const ref = { $ref: "#/components/schemas/Pet" };
const gone = { 204: { description: "gone" } };
const form = (required: boolean) => ({
  required,
  content: { "application/x-www-form-urlencoded": { schema: { type: "object", properties: { a: text } } } },
});

const documents = {
  empty: documentOf({ "/file": { get: { responses: { 200: { content: { "application/pdf": {} } } } } } }),
  silent: documentOf({ "/ping": { post: { responses: gone } } }),
  "input-only": documentOf({ "/pets/{id}": { delete: { responses: gone } } }),
  "optional-form": documentOf({ "/form": { post: { requestBody: form(false), responses: gone } } }),
  "required-form": documentOf({ "/form": { post: { requestBody: form(true), responses: gone } } }),
  "optional-body": documentOf(
    { "/body": { post: { requestBody: { ...json(ref) }, responses: { 200: json(ref) } } } },
    schemas,
  ),
  "shared-whole": documentOf({ "/pets": { get: { responses: { 200: json(ref) } } } }, schemas),
  "shared-part": documentOf({ "/pets": { get: { responses: { 200: json({ type: "array", items: ref }) } } } }, schemas),
};

test("drafts compile under the strictest settings: nothing is unused, and what is not given may be undefined", () => {
  const folder = mkdtempSync(fileURLToPath(new URL("./testing/draft-", import.meta.url)));
  try {
    for (const [name, document] of Object.entries(documents)) {
      writeFileSync(`${folder}/${name}.ts`, renderDraft(importOpenApi(document), name));
    }
    const compilerOptions = { lib: ["es2024", "dom"], types: ["node"] };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: root("tsconfig.base.json"), compilerOptions }));
    const { stdout } = spawnSync(root("node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a part of the path is never empty, and the schema says so", async () => {
  const parameter = (name: string, schema: object, more: object = {}) => ({
    name,
    in: "path",
    required: true,
    schema,
    ...more,
  });
  const parameters = [
    parameter("text", text),
    parameter("long", { type: "string", minLength: 4 }),
    parameter("named", { $ref: "#/components/schemas/Name" }),
    parameter("list", { type: "array", items: text }),
    parameter("number", { type: "integer" }),
    parameter("choice", { type: "string", enum: ["a", "b"] }),
    parameter("any", {}),
  ];
  const path = `/${parameters.map(({ name }) => `{${name}}`).join("/")}`;
  await using site = await draftedSite(
    documentOf(
      { [path]: { get: { operationId: "get", parameters, responses: gone } } },
      { components: { schemas: { Name: text } } },
    ),
  );
  const { properties } = site.api.operations[0]!.schema as { properties: Record<string, object> };
  const least = Object.entries(properties).map(([name, schema]) => [
    name,
    Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword.startsWith("min"))),
  ]);
  expect(Object.fromEntries(least)).toEqual({
    ...{ text: { minLength: 1 }, long: { minLength: 4 }, named: { minLength: 1 }, list: { minItems: 1 } },
    ...{ number: {}, choice: {}, any: { minLength: 1 } },
  });
  const input = { text: "t", long: "long", named: "n", list: ["a", "b"], number: 5, choice: "b", any: "x" };
  expect((await site.call("get", input)).seen?.url).toBe("/t/long/n/a,b/5/b/x");
  for (const empty of [{ text: "" }, { named: "" }, { list: [] }, { any: "" }]) {
    const { status, body } = await site.call("get", { ...input, ...empty });
    expect([status, (body as { error: string }).error]).toEqual([422, "invalid_input"]);
    expect((body as { issues: { path: string }[] }).issues[0]!.path).toBe(`/${Object.keys(empty)[0]}`);
  }
});
