import { mount } from "@agentgate/site/hono";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { type FaceSiteName, faceSites } from "../sites/face-sites.js";

const app = new Hono();
if (process.env.BODY_READER === "on") {
  app.use(async (c, next) => {
    if (c.req.raw.body) await c.req.text();
    await next();
  });
}
mount(app, faceSites[(process.env.SITE ?? "echo") as FaceSiteName]());
app.get("/", (c) => c.text("the site")).get("/agent/own", (c) => c.text("the site"));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: "127.0.0.1" });
