// Builds the pages' scripts, styles and fonts into dist, hashed and compressed, with `pages.json`, which says what belongs to what.
import { globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/** Builds everything anew. @throws when something does not compile */
export async function buildPages(): Promise<Pages> {
  rmSync(dist, { recursive: true, force: true });
  const { output } = (await build({
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
  const names = output.map(({ fileName }) => fileName);
  const entryOf = (name: keyof typeof entries) => {
    const chunk = output.find((file) => file.type === "chunk" && file.isEntry && file.name === name);
    if (chunk?.type !== "chunk") throw new Error(`the build made no ${name}`);
    return { script: chunk.fileName, preload: chunk.imports };
  };
  const styles = names.find((name) => /^styles-.*\.css$/.test(name));
  if (styles === undefined) throw new Error("the build made no style sheet");
  const fonts = names.filter((name) => name.endsWith(".woff2"));
  const pages: Pages = { styles, fonts, entries: { dashboard: entryOf("dashboard"), public: entryOf("public") } };
  for (const name of readdirSync(dist)) compress(join(dist, name));
  // Last, so that whoever finds it finds all that it names.
  writeFileSync(join(dist, "pages.json"), JSON.stringify(pages));
  return pages;
}

function compress(file: string): void {
  if (/\.(?:woff2|json)$/.test(file)) return;
  const bytes = readFileSync(file);
  if (bytes.length < COMPRESSED_FROM) return;
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
}

/** Whether something that the pages are made of has changed since they were built. */
function isStale(): boolean {
  const builtMs = statSync(join(dist, "pages.json"), { throwIfNoEntry: false })?.mtimeMs;
  if (builtMs === undefined) return true;
  const sources = globSync(["src/**/*", "build.ts", "../gateway/src/web/**/*.ts"], { cwd: root });
  return sources.some((source) => statSync(join(root, source)).mtimeMs > builtMs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--if-stale") || isStale()) await buildPages();
}
