import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../index.ts", import.meta.url));
const loadedOnUse = /\/(event-stream|flow-session)\.ts$/;

/** Bytes of `import { AgentClient }`, minified and gzipped. @param external - modules that are not counted */
async function bundledBytes(external?: RegExp): Promise<number> {
  const build = await rolldown({
    input: "measured",
    platform: "browser",
    resolve: { conditionNames: ["agentgate-source"] },
    plugins: [
      {
        name: "measured",
        resolveId: (id, importer) => {
          if (id === "measured") return id;
          const path = importer && id.startsWith(".") ? new URL(id, `file://${importer}`).pathname : id;
          return external?.test(path) ? { id, external: true } : undefined;
        },
        load: (id) => (id === "measured" ? `export { AgentClient } from ${JSON.stringify(entry)};` : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true, codeSplitting: false });
  return gzipSync(output[0].code, { level: 9 }).byteLength;
}

test("an agent loads at most 5 KiB at first; sessions and streams come with their first use", async () => {
  expect(await bundledBytes(loadedOnUse)).toBeLessThanOrEqual(5 * 1024);
  expect(await bundledBytes()).toBeLessThanOrEqual(6 * 1024);
});
