// One intent behind the face named in FACE, or what the same answer costs without the site kit.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentApp, none } from "@agentgate/site";
import { mount as mountExpress } from "@agentgate/site/express";
import { mount as mountFastify } from "@agentgate/site/fastify";
import { mount as mountKoa } from "@agentgate/site/koa";
import { toNodeHandler } from "@agentgate/site/node";
import express from "express";
import Fastify from "fastify";
import Koa from "koa";

const products = Array.from({ length: 5 }, (_, i) => ({ id: `p${i}`, name: `Product number ${i}`, price: i + 0.99 }));
const path = "/agent/intents/search";

const agent = () =>
  new AgentApp({ title: "Bench", auth: none(), baseUrl: "https://bench.test" }).intent("search", {
    description: "Returns five products",
    handler: () => products,
  });

/** The headers of the site kit's replies, so that every contender sends the same bytes. */
const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

/** The least that reads a JSON request and answers it with a JSON reply. */
const bareHandler: RequestListener = (request, response) => {
  if (request.url !== path) return void response.writeHead(404).end();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify(products);
    response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
};

const listeners: Record<string, () => RequestListener | Promise<RequestListener>> = {
  "bare-node": () => bareHandler,
  node: () => toNodeHandler(agent()),
  "bare-fastify": async () => {
    const app = Fastify();
    app.post(path, async (_request, reply) => {
      reply.header("cache-control", headers["cache-control"]);
      return products;
    });
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  fastify: async () => {
    const app = Fastify();
    await mountFastify(app, agent());
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  "bare-express": () => {
    const app = express();
    app.use(express.json());
    app.post(path, (_request, response) => void response.set("cache-control", headers["cache-control"]).json(products));
    return app;
  },
  express: () => {
    const app = express();
    mountExpress(app, agent());
    return app;
  },
  koa: () => {
    const app = new Koa();
    mountKoa(app, agent());
    return app.callback();
  },
};

const server = createServer(await listeners[process.env.FACE!]!());
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
process.on("SIGTERM", () => process.exit());
