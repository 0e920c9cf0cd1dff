import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { siteErrorStatus } from "@agentgate/protocol/site";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Express } from "express";
import type { FastifyInstance } from "fastify";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const docs = `${root}docs/site/`;
/** Below node_modules, where the workspace packages are found by name and nothing else looks. */
const folder = `${root}node_modules/.agentgate-docs-${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Snippet {
  readonly name: string;
  readonly code: string;
  /** It does no harm when it runs: it neither listens nor connects. */
  readonly run: boolean;
}

/** The pages whose code stands for itself. */
const pages = ["getting-started", "servers", "flows", "auth", "streaming", "exporters"];

const snippets: Snippet[] = pages.flatMap((page) =>
  [...readFileSync(`${docs}${page}.md`, "utf8").matchAll(/^```ts( \w+)?\n(.*?)^```$/gms)].map(
    ([, flag, code = ""], i) => ({
      name: `${page}-${i + 1}`,
      code,
      run: flag === " run",
    }),
  ),
);

describe("the code in docs/site", () => {
  it("compiles", () => {
    mkdirSync(folder, { recursive: true });
    for (const { name, code } of snippets) writeFileSync(`${folder}/${name}.ts`, code);
    const compilerOptions = {
      noEmit: false,
      noEmitOnError: true,
      erasableSyntaxOnly: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      types: ["node"],
    };
    const tsconfig = {
      extends: `${root}tsconfig.base.json`,
      compilerOptions,
      files: snippets.map(({ name }) => `${name}.ts`),
    };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(tsconfig));
    writeFileSync(`${folder}/package.json`, '{"type":"module"}');
    const { stdout, status } = spawnSync("tsc", ["-p", folder], { encoding: "utf8" });
    expect([stdout, status]).toEqual(["", 0]);
  });

  it.each(snippets.filter(({ run }) => run))("runs: $name", async ({ name }) => {
    await expect(import(/* @vite-ignore */ `${folder}/${name}.js`)).resolves.toBeDefined();
  });

  it.each(["Express", "Fastify"])("is an MCP server on %s, for who has the site's key", async (framework) => {
    const title = `exporters-${framework === "Express" ? 2 : 3}`;
    const { app } = (await import(/* @vite-ignore */ `${folder}/${title}.js`)) as { app: Express | FastifyInstance };
    const url = await ("inject" in app ? listen(app) : listenTo(createServer(app)));
    const call = async (headers: Record<string, string>) => {
      const client = new Client({ name: "test", version: "1" });
      const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
      await client.connect(transport);
      const { tools } = await client.listTools();
      const { content, isError } = await client.callTool({ name: "opening_hours", arguments: {} });
      await client.close();
      return { tools: tools.map(({ name }) => name), isError, text: (content as { text: string }[])[0]?.text };
    };
    expect(await call({ "X-API-Key": "sk-an-example-of-a-key" })).toMatchObject({
      tools: ["opening_hours"],
      text: '"9 to 5"',
    });
    expect(await call({})).toMatchObject({ isError: true, text: expect.stringContaining("unauthorized") });
    const manifest = await fetch(`${url}/.well-known/agent-manifest.json`, { headers: { "X-Agent-Request": "true" } });
    expect(await manifest.json()).toMatchObject({ name: "MyShop" });
  });

  it("does what the first page says", async () => {
    const { agent } = (await import(
      /* @vite-ignore */ `${folder}/getting-started-1.js`
    )) as typeof import("./testing/golden-shop.ts") & {
      agent: { fetch(request: Request): Promise<Response> };
    };
    const response = await agent.fetch(
      new Request("https://myshop.com/agent/intents/search_products", {
        method: "POST",
        headers: {
          "X-Agent-Request": "true",
          "X-API-Key": "sk-an-example-of-a-key",
          "Content-Type": "application/json",
        },
        body: '{"query": "music"}',
      }),
    );
    expect([response.status, await response.json()]).toEqual([
      200,
      [{ id: "p1", name: "Headphones for music", price: 59.99 }],
    ]);
  });
});

it("the page tells every error of a site with its status", () => {
  const page = readFileSync(`${docs}getting-started.md`, "utf8");
  const told = [...page.matchAll(/^\| (\d{3}) +\|(.*)\|$/gm)].flatMap(([, status, codes = ""]) =>
    [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => [code, Number(status)]),
  );
  const known = Object.entries(siteErrorStatus);
  expect(told.sort()).toEqual(known.sort());
});

async function listen(app: FastifyInstance): Promise<string> {
  onTestFinished(() => app.close());
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function listenTo(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
