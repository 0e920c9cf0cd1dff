import type { FastifyInstance } from "fastify";

/** An entrance as the router knows it. */
export interface Entrance {
  /** `WS` for a WebSocket. */
  method: string;
  /** Such as `/agents/:id/tasks/:task`. */
  url: string;
}

/** Everything that a server's router answers, read from the router itself: what is registered is here, whoever registered it. */
export function entrancesOf(app: FastifyInstance): Entrance[] {
  const sockets = app.socketPaths?.map(({ source }) => ({ method: "WS", url: routeOf(source) })) ?? [];
  return [...routesOf(app), ...sockets];
}

/** `^\/agents\/(?<id>[^/]+)$` as `/agents/:id`. */
const routeOf = (source: string): string =>
  source
    .replace(/^\^|\$$/g, "")
    .replaceAll("\\/", "/")
    .replace(/\(\?<(\w+)>[^)]*\)/g, ":$1");

function routesOf(app: FastifyInstance): Entrance[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", text = ""] = /^((?:[│ ] {3})*)[├└]── (.*)$/.exec(line) ?? [];
      if (text === "") return [];
      const [, part = text, methods = ""] = /^(.*) \(([A-Z, ]+)\)$/.exec(text) ?? [];
      const depth = indent.length / 4;
      const url = (parents[depth - 1] ?? "") + part;
      parents[depth] = url;
      return methods
        .split(", ")
        .filter(Boolean)
        .map((method) => ({ method, url }));
    });
}
