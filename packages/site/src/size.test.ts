import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

/** Bytes of gzip that a site with intents, flows and API keys may carry before a first session, kept reply or stream. */
const coreBytesMax = 12 * 1024;

const core = "virtual:core";

/** What a bundler makes of a module, without what is only loaded on demand. */
async function bundle(entry: string) {
  const build = await rolldown({
    input: entry,
    platform: "neutral",
    resolve: { conditionNames: ["agentgate-source", "import"] },
    plugins: [
      {
        name: "core",
        resolveId: (id) => (id === core ? id : undefined),
        load: (id) =>
          id === core
            ? `export { AgentApp, apiKey, flow, step } from ${JSON.stringify(pathOf("index.ts"))};`
            : undefined,
      },
    ],
  });
  const { output } = await build.generate({ minify: true });
  await build.close();
  const chunks = output.flatMap((chunk) => (chunk.type === "chunk" ? [chunk] : []));
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const needed = chunks.filter(({ isDynamicEntry }) => !isDynamicEntry);
  return {
    code: needed.map(({ code }) => code).join(""),
    imports: needed.flatMap((chunk) => chunk.imports).filter((name) => !own.has(name)),
  };
}

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

describe("the core", () => {
  it("stays small and depends on nothing, not even Node", async () => {
    const { code, imports } = await bundle(core);
    const bytes = gzipSync(code, { level: 9 }).byteLength;
    console.log(`@agentgate/site core: ${code.length} bytes minified, ${bytes} gzip`);
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/\bnode:|\brequire\(|\bBuffer\b/);
    expect(bytes).toBeLessThanOrEqual(coreBytesMax);
  });

  it.each([
    "index",
    "faces/express",
    "faces/koa",
    "faces/hono",
    "faces/next",
    "faces/node",
    "faces/sveltekit",
    "stores/redis",
    "stores/sql",
  ])("and %s needs no package", async (entry) => {
    expect((await bundle(pathOf(`${entry}.ts`))).imports).toEqual([]);
  });
});
