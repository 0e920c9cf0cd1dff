import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { startTestGateway } from "../../packages/gateway/src/testing/index.ts";
import { type Document, exceptions, operationsOf } from "./operations.ts";
import { checkProgram } from "./type-check-program.ts";

/**
 * The types of each method against the schemas that the gateway validates by: what it may answer is what the method answers, no member
 * is missing from the method's type, and whatever the operation takes the method can be given.
 */

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}node_modules/.agentgate-types-${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compiled(program: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/check.ts`, program);
  const options = { lib: ["es2024", "dom"], types: [], noUnusedLocals: false };
  const config = { extends: "../../tsconfig.base.json", compilerOptions: options, files: ["check.ts"] };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: root, maxBuffer: 1e8 }, (_, out, err) =>
      resolve(`${out}${err}`.split("\n").filter(Boolean)),
    );
  });
}

/** The names of the checks that fail, with the first line of why. */
function failed(lines: readonly string[], program: string): Record<string, string> {
  const source = program.split("\n");
  const found: Record<string, string> = {};
  for (const line of lines) {
    const [, at, message = line] = /^[^(]*check\.ts\((\d+),\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    if (at === undefined) {
      if (!/^\s/.test(line)) found[line] = line;
      continue;
    }
    const name = /(?:const|type) (\w+)/.exec(source[Number(at) - 1] ?? "")?.[1] ?? line;
    found[name] ??= message;
  }
  return found;
}

test("the methods' types are those of the gateway's schemas", async () => {
  const gate = await startTestGateway();
  const { body: document } = await gate.call<Document>("GET", "/openapi.json", undefined, null);
  await gate.close();
  const program = checkProgram(document);
  const checked = operationsOf(document).filter(({ operationId }) => !(operationId in exceptions));
  for (const { operationId } of checked) expect(program).toContain(` ${operationId}_asked`);
  expect(failed(await compiled(program), program)).toEqual({});

  // The check can fail: an answer of another type, a member that is missing, and one that cannot be given.
  const { Org, NewChain } = structuredClone(document.components.schemas);
  const drifted = structuredClone(document);
  drifted.components.schemas.Org = { ...Org, properties: { ...Org!.properties, tier: { type: "integer" } } };
  drifted.components.schemas.Transaction!.properties.added = { type: "string" };
  drifted.components.schemas.NewChain = { ...NewChain, properties: { ...NewChain!.properties, added: {} } };
  const broken = checkProgram(drifted);
  expect(Object.keys(failed(await compiled(broken), broken))).toEqual(
    expect.arrayContaining(["getOrg_answered", "listOrgTransactions_missing", "createChain_asked"]),
  );
});
