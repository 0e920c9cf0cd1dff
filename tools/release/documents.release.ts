// What documents say is installed from npm: done as they say, from a registry in which our packages are published as they were packed.
import { spawn } from "node:child_process";
import { globSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Block, blocksOf } from "../../tests/guide/blocks.ts";
import { packAll, root } from "./testing/packed.ts";
import { type Registry, startRegistry } from "./testing/registry.ts";
import { nodeOf, run } from "./testing/toolchain.ts";

/** Each says so behind its block's language: gateway-client.md, install.md, client.md, getting-started.md, and README.md of packages. */
const SELF = "tools/release/documents.release.ts";
const pages = globSync(["docs/*.md", "docs/site/*.md", "packages/*/README.md"], { cwd: root })
  .sort()
  .map((page): [string, Block[]] => [page, blocksOf(root, page)])
  .filter(([, blocks]) => blocks.some(({ runBy }) => runBy === SELF));

let registry: Registry;
let node: string;
beforeAll(async () => {
  registry = await startRegistry(await packAll());
  node = await nodeOf(24);
});
afterAll(async () => {
  await registry?.close();
});

/** Serves the site that a page has made before it calls one. */
const SERVE = `import { createServer } from "node:http";
import { toNodeHandler } from "@agentgate/site/node";
import { agent } from "./site.ts";
createServer(toNodeHandler(agent)).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listens"));`;

test.each(pages)("%s", async (_page, blocks) => {
  const { path, remove } = temporaryDirectory("document");
  const env = {
    PATH: [join(path, "global/bin"), node, process.env.PATH].join(delimiter),
    npm_config_registry: registry.url,
    npm_config_prefix: join(path, "global"),
    npm_config_update_notifier: "false",
    npm_config_audit: "false",
    npm_config_yes: "true",
    NODE_OPTIONS: "",
  };
  const port = await freePort();
  const text = blocks.flatMap((block) => (block.runBy === SELF ? [block.text.replaceAll("3000", `${port}`)] : []));
  writeFileSync(join(path, "package.json"), '{"name":"empty","private":true,"type":"module"}');
  let site: ReturnType<typeof spawn> | undefined;
  try {
    for (const block of text) {
      if (block.includes(`localhost:${port}`)) {
        const [program] = blocks.filter(({ language }) => language === "ts run");
        writeFileSync(join(path, "site.ts"), program!.text);
        writeFileSync(join(path, "serve.ts"), SERVE);
        site = spawn("node", ["serve.ts"], { cwd: path, env: { ...process.env, ...env, PORT: `${port}` } });
        let said = "";
        for (const stream of [site.stdout!, site.stderr!]) stream.on("data", (chunk) => (said += chunk));
        await expect.poll(() => said, { timeout: 60_000 }).toContain("listens");
      }
      await run("bash", ["-euc", block], path, env);
    }
  } finally {
    site?.kill("SIGKILL");
    remove();
  }
});
