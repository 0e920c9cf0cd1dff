// Builds the pages' scripts, styles and fonts into dist, hashed and compressed, with `pages.json`, which says what belongs to what.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build, type Rolldown } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "dist");
/** What is smaller is not worth a second file. */
const COMPRESSED_FROM = 512;

/** What a page names in its head: paths below the assets' address. */
export interface Pages {
  styles: string;
  /** Fonts that every page needs at once. */
  fonts: string[];
  entries: Record<"dashboard" | "public", { script: string; preload: string[] }>;
}

const entries = { dashboard: "src/main.tsx", public: "src/public/main.ts" } as const;

rmSync(dist, { recursive: true, force: true });
const output = (await build({
  root,
  configFile: false,
  logLevel: "warn",
  base: "/assets/",
  plugins: [react(), tailwind()],
  resolve: { conditions: ["agentgate-source", "browser", "import", "default"] },
  build: {
    outDir: dist,
    assetsDir: "",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
    cssCodeSplit: true,
    rolldownOptions: { input: { ...entries, styles: "src/styles/main.css" } },
  },
})) as Rolldown.RolldownOutput;

const chunks = output.output.filter((file) => file.type === "chunk");
const fileOf = (matches: (name: string) => boolean) =>
  output.output.find(({ fileName }) => matches(fileName))?.fileName;
const pages: Pages = {
  styles: demand(
    fileOf((name) => /^styles-.*\.css$/.test(name)),
    "the style sheet",
  ),
  fonts: output.output.map(({ fileName }) => fileName).filter((name) => name.endsWith(".woff2")),
  entries: { dashboard: entryOf("dashboard"), public: entryOf("public") },
};
writeFileSync(join(dist, "pages.json"), JSON.stringify(pages));
for (const name of readdirSync(dist)) compress(join(dist, name));

function entryOf(name: keyof typeof entries) {
  const chunk = demand(
    chunks.find((one) => one.isEntry && one.name === name),
    name,
  );
  return { script: chunk.fileName, preload: chunk.imports };
}

function demand<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the build made no ${what}`);
  return found;
}

function compress(file: string): void {
  if (/\.(?:woff2|json)$/.test(file)) return;
  const bytes = readFileSync(file);
  if (bytes.length < COMPRESSED_FROM) return;
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
}
