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
    const methods = [...this.#patterns.values()].flatMap((p) => (p.matches.test(path) ? [...p.methods] : []));
    return [...new Set(methods)].sort();
  }
}

/** Of a route's path, whose parameters may hold patterns of their own: `/:action(^(?:send|stream)$)`. */
function toPattern(url: string): RegExp {
  const [, path = "", own] = /^(.*?)(?:\/:\w+\(\^(.*)\$\))?$/.exec(url.replace(/(.)\/$/, "$1"))!;
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const last = own === undefined ? "" : `/${own}`;
  return new RegExp(`^${escaped.replace(/:\w+/g, "[^/]+").replace(/\*/g, ".*")}${last}$`);
}
