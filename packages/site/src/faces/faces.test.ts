import bodyParser from "@koa/bodyparser";
import express from "express";
// @ts-expect-error the alias of Express 4 has no types of its own
import express4Module from "express4";
import Fastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import type { AgentApp } from "../index.ts";
import { faceSites } from "../testing/face-sites.ts";
import { nestSite } from "../testing/nest-site.ts";
import { serve } from "../testing/serve.ts";
import * as onExpress from "./express.ts";
import { describeFace, type Face, type RunningFace } from "./face.suite.ts";
import * as onFastify from "./fastify.ts";
import * as onHono from "./hono.ts";
import * as onKoa from "./koa.ts";
import * as onNest from "./nest.ts";
import { toNextHandlers } from "./next.ts";
import { type Mountable, toNodeHandler } from "./node.ts";
import { toSvelteKitHandle } from "./sveltekit.ts";

/** A face whose server runs in this process. */
interface InProcessFace extends Omit<Face, "start"> {
  start(agent: Mountable & Pick<AgentApp, "fetch" | "respond">): Promise<RunningFace>;
}

const express4 = express4Module as unknown as typeof express;
const own = (path: string) => path === "/" || path === "/agent/own";
const inProcess = (fetch: (request: Request) => Response | Promise<Response>) => ({
  fetch: async (path: string, init?: RequestInit) => fetch(new Request(`https://suite.test${path}`, init)),
  close: async () => {},
});

const fetchFace: InProcessFace = { name: "fetch", hasSite: false, start: async (agent) => inProcess(agent.fetch) };

const nextFace: InProcessFace = {
  name: "Next.js",
  hasSite: false,
  async start(agent) {
    const handlers = toNextHandlers(agent);
    return inProcess((request) => handlers[request.method as "GET"](request));
  },
};

const svelteKitFace: InProcessFace = {
  name: "SvelteKit",
  async start(agent) {
    const handle = toSvelteKitHandle(agent);
    const resolve = ({ request }: { request: Request }) =>
      own(new URL(request.url).pathname) ? new Response("the site") : new Response("", { status: 404 });
    return inProcess((request) => handle({ event: { request }, resolve }));
  },
};

const honoFace = (
  name: string,
  before: (app: Hono) => void = () => {},
  options: Partial<Face> = {},
): InProcessFace => ({
  ...options,
  name,
  async start(agent) {
    const app = new Hono();
    before(app);
    onHono.mount(app, agent);
    app.get("/", (c) => c.text("the site")).get("/agent/own", (c) => c.text("the site"));
    return inProcess((request) => app.fetch(request));
  },
});

const nodeFace: InProcessFace = {
  name: "node:http",
  start(agent) {
    const handler = toNodeHandler(agent);
    return serve((request, response) =>
      handler(request, response, () => {
        response.statusCode = own(request.url!) ? 200 : 404;
        response.end("the site");
      }),
    );
  },
};

const expressFace = (
  name: string,
  create: typeof express,
  before: (app: express.Express) => void = () => {},
  options: Partial<Face> = {},
): InProcessFace => ({
  ...options,
  name,
  start(agent) {
    const app = create();
    before(app);
    onExpress.mount(app, agent);
    app.get(["/", "/agent/own"], (_request, response) => void response.send("the site"));
    return serve(app);
  },
});

const koaFace = (name: string, before: (app: Koa) => void = () => {}, options: Partial<Face> = {}): InProcessFace => ({
  ...options,
  name,
  start(agent) {
    const app = new Koa();
    app.silent = true;
    before(app);
    onKoa.mount(app, agent);
    app.use((context) => {
      if (own(context.path)) context.body = "the site";
    });
    return serve(app.callback());
  },
});

const fastifyFace: InProcessFace = {
  name: "Fastify 5",
  async start(agent) {
    const app: FastifyInstance = Fastify();
    await onFastify.mount(app, agent);
    app.get("/", async () => "the site");
    app.get("/agent/own", async () => "the site");
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    return {
      fetch: (path, init) => fetch(url + path, init),
      close: async () => {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  },
};

const nestFace = (platform: "express" | "fastify", bodyParser: boolean): InProcessFace => ({
  name: `NestJS on ${platform}, body parser ${bodyParser ? "on" : "off"}`,
  async start(agent) {
    const app = await nestSite(platform, bodyParser);
    await onNest.mount(app, agent);
    await app.listen(0, "127.0.0.1");
    const url = await app.getUrl();
    return {
      fetch: (path, init) => fetch(url + path, init),
      close: async () => {
        app.getHttpServer().closeAllConnections();
        await app.close();
      },
    };
  },
});

/** Something before us has read the body and left it where the framework keeps it. */
const parsed: Partial<Face> = { parsesBodies: true };
const readsBody = (app: Hono) =>
  app.use(async (c, next) => {
    if (c.req.raw.body) await c.req.text();
    await next();
  });

const faces: InProcessFace[] = [
  fetchFace,
  nextFace,
  svelteKitFace,
  honoFace("Hono"),
  nodeFace,
  expressFace("Express 5", express),
  expressFace("Express 4", express4),
  koaFace("Koa 3"),
  fastifyFace,
  honoFace("Hono after a body reader", readsBody, parsed),
  expressFace("Express 5 after express.json()", express, (app) => app.use(express.json()), parsed),
  expressFace("Express 4 after express.json()", express4, (app) => app.use(express4.json()), parsed),
  koaFace("Koa 3 after a body parser", (app) => app.use(bodyParser()), parsed),
  nestFace("express", true),
  nestFace("express", false),
  nestFace("fastify", true),
];
for (const face of faces) describeFace({ ...face, start: (site) => face.start(faceSites[site]()) });
