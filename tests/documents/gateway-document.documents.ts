import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../packages/gateway/src/testing/index.ts";
import { compile } from "./testing/compile.ts";
import { installed, load } from "./testing/installed.ts";

/** Linters and generators of clients, which most of the gateway's callers use one of. */

const folder = mkdtempSync(fileURLToPath(new URL("./drafts-clients-", import.meta.url)));
const file = join(folder, "openapi.json");
let gate: TestGateway;
let agent: TestAgent;
let modules: string;
beforeAll(async () => {
  [gate, agent, modules] = await Promise.all([startTestGateway(), startAgent(), installed()]);
  writeFileSync(file, JSON.stringify((await gate.call("GET", "/openapi.json", undefined, null)).body));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([gate?.close(), agent?.close()]);
});

describe("the linters find nothing but what the contract fixes", () => {
  // Collections end in a slash, and `by-name` stands where an id could.
  const SLASHES = ["/agents/", "/orgs/"];

  test("Redocly", async () => {
    const { createConfig, lint } = await load(modules, "@redocly/openapi-core");
    const found: { ruleId: string; message: string; location: { pointer: string }[] }[] = await lint({
      ref: file,
      config: await createConfig({ extends: ["recommended"] }),
    });
    const told = found.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }));
    const fixed = ({ ruleId, message }: (typeof told)[number]) =>
      ruleId === "no-path-trailing-slash" || (ruleId === "no-ambiguous-paths" && message.includes("/agents/by-name/"));
    expect(told.filter((one) => !fixed(one))).toEqual([]);
    expect(told.filter(({ ruleId }) => ruleId === "no-path-trailing-slash").length).toBe(SLASHES.length);
  });

  test("Spectral", async () => {
    const { Spectral } = (await load(modules, "@stoplight/spectral-core")).default;
    const { oas } = (await load(modules, "@stoplight/spectral-rulesets")).default;
    const spectral = new Spectral();
    spectral.setRuleset({ extends: [[oas, "recommended"]], rules: {} });
    const found: { code: string; path: string[] }[] = await spectral.run(
      (await gate.call("GET", "/openapi.json", undefined, null)).body,
    );
    expect(found.map(({ code, path }) => `${code} ${path.at(-1)}`).sort()).toEqual(
      SLASHES.map((path) => `path-keys-no-trailing-slash ${path}`),
    );
  });
});

describe("clients that generators make of it compile, and call the gateway", () => {
  const place = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  /** Generated code is the generator's; what is asked is that the document has types that fit. */
  const check = (where: string) =>
    compile(where, {
      tsc: join(modules, ".bin/tsc"),
      options: {
        ...{ module: "esnext", moduleResolution: "bundler", noUnusedLocals: false, noUnusedParameters: false },
        ...{ exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false, verbatimModuleSyntax: false },
        ...{ erasableSyntaxOnly: false, noImplicitReturns: false, typeRoots: [], types: [] },
      },
    });

  test("openapi-typescript", async () => {
    const where = place("openapi-typescript");
    const { default: openapiTS, astToString } = await load(modules, "openapi-typescript");
    writeFileSync(join(where, "gateway.ts"), astToString(await openapiTS(pathToFileURL(file))));
    const use = `
      import type { components, operations } from "./gateway.ts";
      export const nameOf = (agent: components["schemas"]["Agent"]): string => agent.name;
      export const asked: operations["getLatestAgent"]["parameters"]["path"] = { name: "my-agent" };
      export const task: operations["sendTask"]["requestBody"]["content"]["application/json"] = { id: "t" };
      export const changed: components["schemas"]["CardDifference"] = { path: "/name", after: "new" };
    `;
    writeFileSync(join(where, "use.ts"), use);
    expect(await check(where)).toEqual([]);
  });

  test("@hey-api/openapi-ts", async () => {
    const where = place("hey-api");
    const { createClient } = await load(modules, "@hey-api/openapi-ts");
    await createClient({
      input: file,
      output: { path: join(where, "client"), importFileExtension: ".ts" },
      plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
      logs: { level: "silent" },
    });
    const use = `
      import { getLatestAgent, registerAgent, sendTask } from "./client/index.ts";
      export async function walk(baseUrl: string, auth: string, url: string) {
        const made = await registerAgent({ baseUrl, auth, body: { name: "hey", url, version: 2 }, throwOnError: true });
        const found = await getLatestAgent({ baseUrl, path: { name: made.data.name }, throwOnError: true });
        const body = { message: { parts: [{ type: "text", text: "hi" }] } };
        return (await sendTask({ baseUrl, auth, path: { id: found.data.id }, body, throwOnError: true })).data;
      }
    `;
    writeFileSync(join(where, "use.ts"), use);
    expect(await check(where)).toEqual([]);
    const { walk } = await import(pathToFileURL(join(where, "use.ts")).href);
    expect((await walk(gate.url, ADMIN_KEY, agent.url)).artifacts[0].parts[0].text).toBe("Echo: hi");
  });

  test("orval", async () => {
    const where = place("orval");
    const { generate } = await load(modules, "orval");
    const target = join(where, "client.ts");
    await generate({ input: { target: file }, output: { target, client: "fetch", baseUrl: gate.url } });
    const use = `
      import { getLatestAgent, registerAgent, sendTask } from "./client.ts";
      export async function walk(key: string, url: string) {
        const headers = { authorization: "Bearer " + key };
        await registerAgent({ name: "orval", url }, { headers });
        const found = await getLatestAgent("orval");
        if (found.status !== 200) throw new Error(String(found.data.detail));
        return sendTask(found.data.id, { message: { parts: [{ type: "text", text: "hi" }] } }, { headers });
      }
    `;
    writeFileSync(join(where, "use.ts"), use);
    expect(await check(where)).toEqual([]);
    const { walk } = await import(pathToFileURL(join(where, "use.ts")).href);
    expect((await walk(ADMIN_KEY, agent.url)).data.artifacts[0].parts[0].text).toBe("Echo: hi");
  });
});
