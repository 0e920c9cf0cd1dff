import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentApp, bearer, flow, none, SiteError, step } from "@agentgate/site";
import { fromJsonSchema } from "@agentgate/site/json-schema";
import { toNodeHandler } from "@agentgate/site/node";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { servePythonSite } from "../../../client/src/site/testing/python-site.ts";
import { goldenKey, goldenShop } from "../../../site/src/testing/golden-shop.ts";
import { binPath, cleanEnvironment, runAgentgate } from "../testing/run-agentgate.ts";

const hostile = new AgentApp({ title: "Printer\u001b[2J", auth: none(), baseUrl: "https://evil.test" });

const streams = new AgentApp({ title: "Printer", auth: none(), baseUrl: "https://printer.test" }).intent("print", {
  description: "Print slowly",
  stream: true,
  risk: "high",
  input: fromJsonSchema<{ text: string }>({
    type: "object",
    properties: { text: { type: "string" } },
    required: ["text"],
  }),
  handler: async ({ text }, { progress, chunk }) => {
    await progress({ page: 1 });
    await chunk(text);
    return { pages: 1 };
  },
});

const directory = temporaryDirectory("site-commands");
const seen: IncomingHttpHeaders[] = [];
const servers = [goldenShop(), streams, hostile].map((app) => {
  const handler = toNodeHandler(app as never);
  return createServer((request, response) => {
    seen.push(request.headers);
    handler(request, response);
  });
});
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
let shop = "";
let printer = "";
let evil = "";

beforeAll(async () => {
  [shop = "", printer = "", evil = ""] = await Promise.all(servers.map(listen));
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  directory.remove();
});

const env = { AGENTGATE_SITE_KEY: goldenKey };
const agentgate = (...args: string[]) => runAgentgate(args, { env });
const path = (name: string) => `${directory.path}/${name}`;

describe("discover", () => {
  test("shows what a site offers, in words and as its manifest", async () => {
    const [words, json] = await Promise.all([agentgate("discover", shop), agentgate("discover", shop, "--json")]);
    expect(words).toMatchObject({ exitCode: 0, stderr: "" });
    expect(words.stdout).toContain("Site        MyShop 1.0");
    expect(words.stdout).toMatch(/search_products {2}query, max_results\? .*Search products by keyword/);
    expect(words.stdout).toMatch(/checkout {5}server {3}add_to_cart → place_order/);
    expect(JSON.parse(json.stdout)).toEqual(goldenShop().manifest);
  });

  test("tells which calls need no key, and which need more than the site's", async () => {
    const verify = (token: string) => token;
    const app = new AgentApp({
      title: "Library",
      baseUrl: "https://library.test",
      auth: bearer({ verify }),
    })
      .intent("hours", { description: "Tells the hours", auth: none(), handler: () => 1 })
      .intent("lend", { description: "Lends", scopes: ["lend"], handler: () => 1 })
      .intent("find", { description: "Finds", handler: () => 1 })
      .flow(
        flow("return", {
          description: "Returns",
          orchestration: "client",
          steps: {
            look: step({ entry: true, auth: none(), description: "Looks", handler: () => 1 }),
            pay: step({ after: "look", scopes: ["pay", "fees"], description: "Pays", handler: () => 1 }),
          },
        }),
      );
    const library = createServer(toNodeHandler(app));
    onTestFinished(() => {
      library.closeAllConnections();
      library.close();
    });
    const { stdout } = await agentgate("discover", await listen(library));
    expect(stdout).toMatch(/Credential +bearer token\n/);
    expect(stdout).toMatch(/\nhours +no credential +Tells/);
    expect(stdout).toMatch(/\nlend +needs lend +Lends/);
    expect(stdout).toMatch(/\nfind {3,}Finds/);
    expect(stdout).toMatch(/look → pay +look: no credential, pay: needs pay, fees +Returns/);
  });

  test("a hostile name cannot control the terminal", async () => {
    const refused = await agentgate("discover", evil);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/name is "Printer\\u001b\[2J"/);
  });

  test("what is not there, and what is no address, is told apart", async () => {
    const [nothing, nowhere, noAddress, plain] = await Promise.all([
      agentgate("discover", "127.0.0.1:1"),
      agentgate("discover"),
      agentgate("discover", "ftp://shop"),
      agentgate("discover", "http://10.255.255.1", "--json"),
    ]);
    expect(nothing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Is the site running") });
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("missing required argument 'url'") });
    expect(noAddress).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Write it like https://myshop.com"),
    });
    expect(plain.exitCode).toBe(2);
    expect(JSON.parse(plain.stderr)).toMatchObject({
      error: { code: "url_refused", hint: expect.stringContaining("--allow-http") },
    });
  });
});

describe("a site that is not there", () => {
  test("is told in the words of the system alone", async () => {
    const { exitCode, stderr } = await agentgate("discover", `127.0.0.1:${await freePort()}`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: 127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+\n/);
  });
});

describe("call", () => {
  test("prints a table, or the result as it came", async () => {
    const [words, json] = await Promise.all([
      agentgate("call", shop, "search_products", "query=tea", "max_results=5"),
      agentgate("call", shop, "search_products", "--input", '{"query":"tea"}', "--json"),
    ]);
    expect(words.stdout).toBe("ID  NAME                         PRICE\np1  Wireless headphones for tea  59.99\n");
    expect(JSON.parse(json.stdout)).toEqual([{ id: "p1", name: "Wireless headphones for tea", price: 59.99 }]);
  });

  test("the site's key is sent, the gateway's never", async () => {
    seen.length = 0;
    const none = await runAgentgate(["call", shop, "search_products", "query=x"], {
      env: { AGENTGATE_API_KEY: "gateway-admin-key" },
    });
    expect(none).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("AGENTGATE_SITE_KEY") });
    const given = await runAgentgate(["call", shop, "search_products", "query=x", "--api-key", goldenKey]);
    expect(given.exitCode).toBe(0);
    expect(JSON.stringify(seen)).not.toContain("gateway-admin-key");
  });

  test("errors of the site come with what to do and exit code 1", async () => {
    const [missing, invalid, own, unknown, json] = await Promise.all([
      agentgate("call", shop, "search_products"),
      agentgate("call", shop, "search_products", "--input", '{"query":5}'),
      agentgate("call", shop, "search_products", "query=nothing left"),
      agentgate("call", shop, "serch"),
      agentgate("call", shop, "search_products", "query=nothing left", "--json"),
    ]);
    expect(missing).toEqual({
      ...{ exitCode: 2, stdout: "" },
      stderr: "error: search_products needs query\n  Add query=string. Arguments: query, max_results?\n",
    });
    // Once, however it is told.
    expect(invalid).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/^error: .*query[^\n]*\n$/),
    });
    expect(own).toMatchObject({ exitCode: 1, stderr: "error: Nothing left. Search for something else.\n" });
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("['search_products']") });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "out_of_stock", status: 422 } });
  });

  test("a stream is shown as it comes", async () => {
    const [words, json] = await Promise.all([
      agentgate("call", printer, "print", "text=hello", "--stream"),
      agentgate("call", printer, "print", "text=hello", "--stream", "--json"),
    ]);
    expect(words).toMatchObject({ exitCode: 0, stdout: "hello\npages  1\n", stderr: 'note: progress {"page":1}\n' });
    expect(
      json.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { event: "progress", data: { page: 1 } },
      { event: "chunk", data: "hello" },
      { event: "result", data: { pages: 1 } },
    ]);
  });

  test("a wrong argument is a usage error", async () => {
    const result = await agentgate("call", shop, "search_products", "quary=x");
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Did you mean "query"') });
  });
});

/** Runs an interactive command, answering each question in turn. */
function answer(args: string[], answers: string[]) {
  const child = spawn(process.execPath, [binPath, ...args], { env: cleanEnvironment(env) });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(answers.map((line) => `${line}\n`).join(""));
  return new Promise<{ exitCode: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

describe("flow", () => {
  test("walks through a server-orchestrated flow, offering earlier answers", async () => {
    const result = await answer(["flow", shop, "checkout"], ["p1", "many", "2", "", "Berlin, DE"]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain("That is not an integer.");
    expect(result.stdout).toContain("cart_id (string) [cart-1]:");
    expect(result.stdout).toContain("order_id     order-1");
    expect(result.stdout).toMatch(/The flow is complete\.\n$/);
  });

  test("keeps what was typed for a step that is refused", async () => {
    const app = new AgentApp({ title: "Bank", auth: none(), baseUrl: "https://bank.test" }).flow(
      flow("pay", {
        description: "Pays",
        orchestration: "client",
        steps: {
          send: step({
            entry: true,
            description: "Sends money",
            input: fromJsonSchema<{ to: string; amount: number }>({
              type: "object",
              properties: { to: { type: "string" }, amount: { type: "integer" } },
              required: ["to", "amount"],
            }),
            handler: ({ to, amount }) => {
              if (amount > 5) throw new SiteError("too_much", "Send 5 at most.");
              return { receipt: `${amount} for ${to}` };
            },
          }),
        },
      }),
    );
    const bank = createServer(toNodeHandler(app));
    onTestFinished(() => {
      bank.closeAllConnections();
      bank.close();
    });
    const result = await answer(["flow", await listen(bank), "pay"], ["Ada", "9", "", "5"]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain("Send 5 at most.");
    expect(result.stdout).toContain("to (string) [Ada]:");
    expect(result.stdout).toContain("amount (integer) [9]:");
    expect(result.stdout).toContain("5 for Ada");
  });

  test("is left and taken up again", async () => {
    const left = await answer(["flow", shop, "checkout"], ["p1", "1"]);
    expect(left.exitCode).toBe(1);
    const [, session = ""] = /Go on with: agentgate flow \S+ checkout --session (\S+)/.exec(left.stderr) ?? [];
    const resumed = await answer(["flow", shop, "checkout", "--session", session, "--json"], ["cart-1", "Berlin, DE"]);
    expect(resumed.exitCode).toBe(0);
    expect(JSON.parse(resumed.stdout)).toEqual({
      session_id: session,
      steps: [
        {
          step: "place_order",
          input: { cart_id: "cart-1", address: "Berlin, DE" },
          result: { order_id: "order-1", total: 79.99, eta_minutes: 30 },
        },
      ],
      flow_complete: true,
    });
  });

  test("walks through a client-orchestrated flow", async () => {
    const result = await answer(["flow", shop, "track_order"], ["o-1", "get_status", ""]);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("status  on its way") });
  });

  test("an unknown flow, session, or a session where there are none", async () => {
    const [flow, session, none] = await Promise.all([
      answer(["flow", shop, "returns"], []),
      answer(["flow", shop, "checkout", "--session", "nope"], []),
      answer(["flow", shop, "track_order", "--session", "nope"], []),
    ]);
    expect(flow).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("['checkout', 'track_order']") });
    expect(session).toMatchObject({ exitCode: 1, stdout: "" });
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("has no sessions") });
  });
});

test("types are written to a file or to standard output", async () => {
  const [file, shown] = await Promise.all([
    agentgate("types", shop, "--out", path("shop.d.ts")),
    agentgate("types", shop),
  ]);
  expect(file.stdout).toBe(`Wrote ${path("shop.d.ts")}: 1 intent, 2 flows\n`);
  expect(readFileSync(path("shop.d.ts"), "utf8")).toBe(shown.stdout);
  expect(shown.stdout).toContain("export interface MyShop {");
});

test("a Python site: its steps in order, its types with what Pydantic leaves dangling", async () => {
  const python = await servePythonSite();
  onTestFinished(async () => void (await python.close()));
  const [shown, types] = await Promise.all([agentgate("discover", python.url), agentgate("types", python.url)]);
  expect(shown.stdout).toMatch(/checkout {5}server {3}add_to_cart → choose_slot → place_order/);
  expect(shown.stdout).toMatch(/track_order {2}client {3}initiate → get_status/);
  expect(types.stdout).toContain("filter?: Filter | null;");
  expect(types.stdout).toContain("payment: Card | Invoice;");
  expect(types.stdout).toContain('export type Currency = "EUR" | "USD";');
});

describe("manifest diff", () => {
  test("shows changes between files and sites; breaking ones are exit code 1", async () => {
    const { manifest } = goldenShop();
    writeFileSync(path("same.json"), JSON.stringify(manifest));
    writeFileSync(path("fewer.json"), JSON.stringify({ ...manifest, flows: [] }));
    const [same, breaking, json] = await Promise.all([
      agentgate("manifest", "diff", path("same.json"), shop),
      agentgate("manifest", "diff", path("same.json"), path("fewer.json")),
      agentgate("--json", "manifest", "diff", path("fewer.json"), path("same.json")),
    ]);
    expect(same).toMatchObject({ exitCode: 0, stdout: "No changes.\n" });
    expect(breaking.exitCode).toBe(1);
    expect(breaking.stdout).toMatch(/yes +removed +\/flows\/checkout/);
    expect(breaking.stderr).toContain("2 of 2 changes may break callers");
    expect(JSON.parse(json.stdout)).toMatchObject({ breaking: 0, changes: [{ kind: "added" }, { kind: "added" }] });
  });

  test("what is no manifest is told with its place", async () => {
    writeFileSync(path("wrong.json"), '{"agent_api_version":"1.0","name":"x","intents":5}');
    const [wrong, missing] = await Promise.all([
      agentgate("manifest", "diff", path("wrong.json"), shop),
      agentgate("manifest", "diff", path("missing.json"), shop),
    ]);
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("intents is 5") });
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no such file") });
  });
});

describe("import openapi", () => {
  const yaml = `openapi: 3.1.0
info: { title: Pets, version: "2" }
servers: [{ url: "https://api.pets.test" }]
paths:
  /pets:
    get:
      operationId: listPets
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "./schemas/pet.yaml#/Pet" } } } } }
    post: { operationId: upload, requestBody: { required: true, content: { image/png: {} } } }
  /secret:
    get: { operationId: steal, responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "../../../etc/passwd" } } } } } }
`;

  test("writes a draft and a report", async () => {
    mkdirSync(path("schemas"));
    writeFileSync(path("schemas/pet.yaml"), "Pet: { type: object, properties: { name: { type: string } } }");
    writeFileSync(path("openapi.yaml"), yaml);
    const result = await agentgate(
      "import",
      "openapi",
      path("openapi.yaml"),
      "--out",
      path("site.ts"),
      "--report",
      path("report.md"),
      "--rename",
      "listPets=find_pets",
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: `Wrote ${path("site.ts")}: 2 of 3 operations\n` });
    expect(result.stderr).toContain("it lies outside the document's own folder");
    expect(readFileSync(path("site.ts"), "utf8")).toContain('.intent("find_pets", {');
    expect(readFileSync(path("site.ts"), "utf8")).toContain("name?: string;");
    const report = readFileSync(path("report.md"), "utf8");
    expect(report).toContain("`POST /pets` | its request body is image/png; only JSON and forms can be carried");
    expect(report).toContain("outside the document's own folder");
  });

  test("without a file the draft goes to standard output and what was left out to standard error", async () => {
    const [words, json] = await Promise.all([
      agentgate("import", "openapi", path("openapi.yaml"), "--include", "listPets"),
      agentgate("import", "openapi", path("openapi.yaml"), "--json"),
    ]);
    expect(words.stdout).toMatch(/^\/\/ Drafted from/);
    expect(words.stderr).toContain("note: POST /pets: not selected by include and exclude");
    expect(JSON.parse(json.stdout)).toMatchObject({
      intents: [{ name: "list_pets", operation: "GET /pets", risk: "low" }, {}],
      left_out: [{}],
    });
  });

  test("operations are chosen, deprecated ones too, as many as there may be, for an API elsewhere", async () => {
    const operation = (id: string, more = "") =>
      `  /${id}: { get: { operationId: ${id}, ${more}responses: { "204": { description: ok } } } }`;
    const paths = [operation("first"), operation("hidden"), operation("old", "deprecated: true, "), operation("last")];
    writeFileSync(
      path("four.yaml"),
      `openapi: 3.1.0\ninfo: { title: Four, version: "1" }\npaths:\n${paths.join("\n")}\n`,
    );
    const names = async (...options: string[]) => {
      const { stdout } = await agentgate("import", "openapi", path("four.yaml"), "--json", ...options);
      return JSON.parse(stdout).intents.map(({ name }: { name: string }) => name);
    };
    expect(await names("--exclude", "hidden")).toEqual(["first", "last"]);
    expect(await names("--exclude", "hidden", "--deprecated")).toEqual(["first", "old", "last"]);
    expect(await names("--exclude", "hidden", "--deprecated", "--max", "2")).toEqual(["first", "old"]);
    const { stdout } = await agentgate("import", "openapi", path("four.yaml"), "--upstream", "https://other.test/v2");
    expect(stdout).toContain('process.env.UPSTREAM_URL ?? "https://other.test/v2"');
  });

  test("what is asked for in vain is told, with a report as well", async () => {
    const { exitCode, stderr } = await agentgate(
      ...["import", "openapi", path("openapi.yaml"), "--out", path("vain.ts"), "--report", path("vain.md")],
      ...["--include", "tag:nothing", "--rename", "lisPets=find_pets"],
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain('include "tag:nothing" matches no operation');
    expect(stderr).toContain('rename "lisPets" matches no operation');
    expect(stderr).toContain("no operation was taken");
  });

  test("of many remarks only some are printed", async () => {
    const paths = Array.from({ length: 60 }, (_, index) => `  /r${index}: {options: {operationId: o${index}}}`);
    writeFileSync(path("many.yaml"), `openapi: 3.0.0\ninfo: {title: T, version: "1"}\npaths:\n${paths.join("\n")}\n`);
    const { stderr } = await agentgate("import", "openapi", path("many.yaml"));
    expect(stderr.split("\n").length).toBeLessThan(30);
    expect(stderr).toMatch(/and 4\d more: --report/);
  });

  test("what is no OpenAPI document is told", async () => {
    writeFileSync(path("swagger.json"), '{"swagger":"1.2","paths":{}}');
    writeFileSync(path("broken.yaml"), "a: [");
    const [swagger, broken, rename] = await Promise.all([
      agentgate("import", "openapi", path("swagger.json")),
      agentgate("import", "openapi", path("broken.yaml")),
      agentgate("import", "openapi", path("swagger.json"), "--rename", "a"),
    ]);
    expect(swagger).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("not an OpenAPI 3 or Swagger 2 document"),
    });
    expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("neither JSON nor YAML") });
    expect(rename.exitCode).toBe(2);
  });
});
