import { createServer } from "node:http";
import { toNodeHandler } from "@agentgate/site/node";
// @ts-expect-error made by the build
import { handler } from "./build/handler.js";
import { type FaceSiteName, faceSites } from "./sites/face-sites.ts";

const agent = toNodeHandler(faceSites[(process.env.SITE ?? "echo") as FaceSiteName]());
createServer((request, response) => agent(request, response, () => handler(request, response))).listen(
  Number(process.env.PORT ?? 3000),
  "127.0.0.1",
);
