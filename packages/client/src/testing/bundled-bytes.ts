import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const entry = fileURLToPath(new URL("../index.ts", import.meta.url));

/** Bytes of `import { name }`, minified and gzipped. @param external - modules that are not counted */
export async function bundledBytes(name: string, external?: RegExp): Promise<number> {
  return gzipSync(await bundled(name, external), { level: 9 }).byteLength;
}

/** `export { name }` as one minified module for browsers. */
export async function bundled(name: string, external?: RegExp): Promise<string> {
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
        load: (id) => (id === "measured" ? `export { ${name} } from ${JSON.stringify(entry)};` : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true, codeSplitting: false });
  return output[0].code;
}
