import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { notFound, Problem, titleOf } from "./problem.ts";

/**
 * Swagger UI has a dark mode, but does not ask the browser whether it is wanted. It also shuts the lock of what may be called without a
 * key, as if one had been given; here a lock is shut by a key alone.
 */
const START = `const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = document.documentElement.dataset.theme;
const follow = () => document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
dark.addEventListener("change", follow);
follow();
const keysAlone = (isAuthorized) => (_state, security) => isAuthorized(security?.filter((one) => one.size > 0));
window.ui = SwaggerUIBundle({
  plugins: [{ statePlugins: { auth: { wrapSelectors: { isAuthorized: keysAlone } } } }],
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, displayRequestDuration: true,
  tryItOutEnabled: true, persistAuthorization: false, docExpansion: "list", defaultModelsExpandDepth: 0,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
});
`;

/**
 * What the page at `/docs` consists of: Swagger UI, served from the installed package. No CDN, nothing leaves the machine.
 *
 * @param document writes the OpenAPI document; asked once, when it is first wanted
 */
export function serveDocs(app: FastifyInstance, document: () => string): void {
  const assets = join(dirname(fileURLToPath(import.meta.resolve("@fastify/swagger-ui"))), "static");
  app.get<{ Params: { file: string } }>("/docs/assets/:file", async (request, reply) => {
    // Loaded by the first who reads the page, so that no start waits for it.
    const { send } = await import("@fastify/send");
    const { type, statusCode, headers, stream } = await send(request.raw, encodeURIComponent(request.params.file), {
      root: assets,
      index: false,
      maxAge: "1h",
    });
    if (type === "file") return reply.code(statusCode).headers(headers).send(stream);
    stream.destroy();
    throw type === "error" && statusCode !== 404 ? new Problem(statusCode, titleOf(statusCode)) : notFound("File");
  });
  app.get("/docs/start.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(START));
  let written: string | undefined;
  app.get("/openapi.json", (_request, reply) => {
    written ??= document();
    return reply.type("application/json").send(written);
  });
}
