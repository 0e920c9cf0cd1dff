import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { notFound, Problem, titleOf } from "./problem.ts";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>AgentGate API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
<style>
body { margin: 0; }
html:not(.dark-mode) body { background: #fafafa; }
</style>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

/**
 * Swagger UI has a dark mode, but does not ask the browser whether it is wanted. It also shuts the lock of what may be called without a
 * key, as if one had been given; here a lock is shut by a key alone.
 */
const START = `const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
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

const POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";

/**
 * Swagger UI at `/docs`, served from the installed package: no CDN, nothing leaves the machine.
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
  app.get("/docs", (_request, reply) =>
    reply.header("content-security-policy", POLICY).type("text/html; charset=utf-8").send(PAGE),
  );
  app.get("/docs/start.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(START));
  let written: string | undefined;
  app.get("/openapi.json", (_request, reply) => {
    written ??= document();
    return reply.type("application/json").send(written);
  });
}
