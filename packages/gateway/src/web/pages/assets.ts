import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { Problem } from "../../http/index.ts";
import type { Guide } from "./guide-documents.ts";

/** What a page names in its head: names of files under `/assets/`, as the build of the pages says. */
export interface PageFiles {
  styles: string;
  /** What the page of Swagger UI has beside them. */
  docsStyles: string;
  fonts: string[];
  entries: Record<"dashboard" | "public", { script: string; preload: string[] }>;
}

/** One file, and what it is when compressed. */
interface Asset {
  type: string;
  plain: Buffer;
  br: Buffer | undefined;
  gz: Buffer | undefined;
}

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};
/** Their names change with what is in them. */
const FOREVER = "public, max-age=31536000, immutable";

/** Where the package of the pages lies, beside the gateway or in its dependencies. */
function builtPages(): string | undefined {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve("@agentgate/dashboard/package.json"))), "dist");
  } catch {
    return undefined;
  }
}

/**
 * Scripts, styles and fonts of the pages, as the build has left them: some hundred kilobytes, kept in memory and read by the first who asks,
 * so that no start waits for them.
 */
export class Assets {
  readonly #directory: string | undefined;
  #files: Map<string, Asset> | undefined;
  #pages: PageFiles | undefined;
  #guide: Guide | undefined;

  /** @param directory what the build made; by default that of the installed package */
  constructor(directory = builtPages()) {
    this.#directory = directory;
  }

  /** What pages name. @throws Problem 503 when the pages were never built */
  get pages(): PageFiles {
    this.#pages ??= this.#built<PageFiles>("pages.json");
    return this.#pages;
  }

  /** The documents. @throws Problem 503 when the pages were never built */
  get guide(): Guide {
    this.#guide ??= this.#built<Guide>("guide.json");
    return this.#guide;
  }

  mount(app: FastifyInstance): void {
    app.get<{ Params: { file: string } }>("/assets/:file", (request, reply) => {
      this.#files ??= this.#readFiles();
      const asset = this.#files.get(request.params.file);
      if (!asset) throw new Problem(404, "Not Found");
      const accepted = `${request.headers["accept-encoding"] ?? ""}`;
      const [encoding, bytes] =
        asset.br && /\bbr\b/.test(accepted)
          ? ["br", asset.br]
          : asset.gz && /\bgzip\b/.test(accepted)
            ? ["gzip", asset.gz]
            : [undefined, asset.plain];
      reply.headers({ "cache-control": FOREVER, vary: "Accept-Encoding" }).type(asset.type);
      if (encoding !== undefined) reply.header("content-encoding", encoding);
      return reply.send(bytes);
    });
  }

  #built<T>(name: string): T {
    try {
      return JSON.parse(readFileSync(join(this.#directory ?? "", name), "utf8")) as T;
    } catch {
      throw notBuilt();
    }
  }

  #readFiles(): Map<string, Asset> {
    const directory = this.#directory;
    if (directory === undefined || !existsSync(directory)) throw notBuilt();
    const names = new Set(readdirSync(directory));
    const read = (name: string) => (names.has(name) ? readFileSync(join(directory, name)) : undefined);
    const files = new Map<string, Asset>();
    for (const name of names) {
      const type = TYPES[/\.\w+$/.exec(name)?.[0] ?? ""];
      if (type === undefined) continue;
      files.set(name, {
        type,
        plain: readFileSync(join(directory, name)),
        br: read(`${name}.br`),
        gz: read(`${name}.gz`),
      });
    }
    return files;
  }
}

const notBuilt = () =>
  new Problem(503, "The pages are not built: run `npm run build:pages` where the gateway is installed", {
    code: "pages_not_built",
  });
