// Builds the pages' scripts, styles and fonts into dist, hashed and compressed, with `pages.json`, which says what belongs to what.
import { globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build, type Rolldown } from "vite";
import { buildGuide } from "./guide/build-guide.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = join(root, "dist");
/** What is smaller is not worth a second file. */
const COMPRESSED_FROM = 512;

/** What a page names in its head: paths below the assets' address. */
export interface Pages {
  styles: string;
  /** What the page of Swagger UI has beside them. */
  docsStyles: string;
  /** Fonts that every page needs at once. */
  fonts: string[];
  entries: Record<"dashboard" | "public", { script: string; preload: string[] }>;
}

// Whatever starts it: a test runner says that it tests, and would be given React for developers.
process.env.NODE_ENV = "production";

const entries = { dashboard: "src/main.tsx", public: "src/public/main.ts" } as const;

/** Builds everything anew. @throws when something does not compile */
export async function buildPages(): Promise<Pages> {
  rmSync(dist, { recursive: true, force: true });
  // Tests try what is published: without this they would get React's development build, which takes several times as long.
  const environment = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  const { output } = (await build({
    root,
    configFile: false,
    logLevel: "warn",
    base: "/assets/",
    define: { DESIGN_PAGE: JSON.stringify(process.env.AGENTGATE_DESIGN_PAGE === "1") },
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
      rolldownOptions: { input: { ...entries, styles: "src/styles/main.css", docs: "src/styles/docs.css" } },
    },
  }).finally(() => {
    if (environment === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = environment;
  })) as Rolldown.RolldownOutput;
  const names = output.map(({ fileName }) => fileName);
  const entryOf = (name: keyof typeof entries) => {
    const chunk = output.find((file) => file.type === "chunk" && file.isEntry && file.name === name);
    if (chunk?.type !== "chunk") throw new Error(`the build made no ${name}`);
    return { script: chunk.fileName, preload: chunk.imports };
  };
  const stylesOf = (name: string) => {
    const styles = names.find((file) => file.startsWith(`${name}-`) && file.endsWith(".css"));
    if (styles === undefined) throw new Error(`the build made no style sheet ${name}`);
    return styles;
  };
  const fonts = names.filter((name) => name.endsWith(".woff2"));
  const pages: Pages = {
    styles: stylesOf("styles"),
    docsStyles: stylesOf("docs"),
    fonts,
    entries: { dashboard: entryOf("dashboard"), public: entryOf("public") },
  };
  for (const name of readdirSync(dist)) compress(join(dist, name));
  writeFileSync(join(dist, "guide.json"), JSON.stringify(buildGuide().guide));
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

/** What lies elsewhere, and is in the pages. */
const MADE_OF = [
  ...["../gateway/src/web/**/*.ts", "../protocol/src/format/*.ts", "../../docs/**/*.md", "../../bench/README.md"],
  "../../*.md",
];

/** Whether something that the pages are made of has changed since they were built. */
function isStale(): boolean {
  const builtMs = statSync(join(dist, "pages.json"), { throwIfNoEntry: false })?.mtimeMs;
  if (builtMs === undefined) return true;
  const sources = globSync(["src/**/*", "build.ts", "guide/**/*.ts", ...MADE_OF], { cwd: root });
  return sources.some((source) => statSync(join(root, source)).mtimeMs > builtMs);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--if-stale") || isStale()) await buildPages();
}
