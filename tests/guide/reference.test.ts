import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startTestGateway } from "../../packages/gateway/src/testing/index.ts";
import { apiPages, type OpenApiDocument } from "../../tools/reference/api-pages.ts";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
/** `UPDATE_DOCS=1` writes what is compared otherwise. */
const isUpdate = process.env.UPDATE_DOCS !== undefined;

function expectPage(file: string, wanted: string): void {
  if (isUpdate) writeFileSync(`${docs}${file}`, wanted);
  const is = existsSync(`${docs}${file}`) ? readFileSync(`${docs}${file}`, "utf8") : "";
  expect(is, `docs/${file} is not what the code says: UPDATE_DOCS=1 npx vitest run tests/guide/reference.test.ts`).toBe(
    wanted,
  );
}

test("docs/api is what the OpenAPI document says", async () => {
  const gate = await startTestGateway();
  const { body } = await gate.call("GET", "/openapi.json", undefined, null);
  await gate.close();
  const pages = apiPages(body as OpenApiDocument);
  if (isUpdate) {
    rmSync(`${docs}api`, { recursive: true, force: true });
    mkdirSync(`${docs}api`);
  }
  for (const [name, page] of pages) expectPage(`api/${name}`, page);
  expect(globSync("api/*.md", { cwd: docs }).sort()).toEqual([...pages.keys()].map((name) => `api/${name}`).sort());
});
