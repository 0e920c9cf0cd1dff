import type { FastifyInstance } from "fastify";

const VERSIONED = /^\/(?:agents|orgs|chains|ucp|deploy|health|metrics)(?:[/?]|$)/;

/** Whether this path also lives under `/v1` (contract section 1.1). */
export const isVersionedRoot = (url: string): boolean => VERSIONED.test(url);

/** A URL without its query, which may hold what no log and no answer should repeat. */
export const pathOf = (url: string): string => url.split("?", 1)[0] || "/";

/** Which methods each path answers, for `405 Method Not Allowed` and its `Allow` header. */
export class MethodTable {
  readonly #patterns = new Map<string, { matches: RegExp; methods: Set<string> }>();

  constructor(app: FastifyInstance) {
    app.addHook("onRoute", ({ url, method }) => {
      if (url === "*" || url === "/*") return;
      const pattern = this.#patterns.get(url) ?? { matches: toPattern(url), methods: new Set<string>() };
      for (const name of [method].flat()) pattern.methods.add(name);
      this.#patterns.set(url, pattern);
    });
  }

  allowedFor(url: string): string[] {
    const path = pathOf(url).replace(/(.)\/$/, "$1");
    // Where a path stands by its own name, what stands there for any name is not meant.
    const named = this.#patterns.get(path) ?? this.#patterns.get(`${path}/`);
    const matching = named ? [named] : [...this.#patterns.values()].filter(({ matches }) => matches.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

/** Of a route's path, whose parameters may hold patterns of their own: `/:action(^(?:send|stream)$)`. */
function toPattern(url: string): RegExp {
  const [, path = "", own] = /^(.*?)(?:\/:\w+\(\^(.*)\$\))?$/.exec(url.replace(/(.)\/$/, "$1"))!;
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const last = own === undefined ? "" : `/${own}`;
  return new RegExp(`^${escaped.replace(/:\w+/g, "[^/]+").replace(/\*/g, ".*")}${last}$`);
}
