import { z } from "zod";
import { actions } from "../access/index.ts";
import { notFound, type RouteDefinition, route } from "../http/index.ts";
import { vendorNamesOf } from "./namespace.ts";
import { ucpTag as tag } from "./ucp-route.ts";
import { taskSchema, taskText, walletSchema, walletText } from "./vendor-documents.ts";

const schemas = { "agent_task.json": taskSchema, "wallet.json": walletSchema } as const;
const texts = { "agent-task": taskText, wallet: walletText } as const;
const CACHE_CONTROL = "public, max-age=3600";

/** The schemas and pages that the profile refers to. */
export function vendorRoutes(publicUrl: () => string): RouteDefinition[] {
  const common = { method: "GET", action: actions.readCatalog, tag } as const;
  return [
    route({
      ...common,
      path: "/ucp/schemas/{file}",
      operationId: "getUcpSchema",
      summary: "Get the schema of the gateway's UCP extension or payment handler",
      description: "Of `agent_task.json` and `wallet.json`, which the profile refers to.",
      params: z.object({ file: z.string() }),
      responses: {
        200: { description: "A JSON Schema", schema: z.looseObject({}).meta({ id: "JsonSchema" }) },
        404: { description: "No such schema" },
      },
      handler: ({ params: { file }, reply }) => {
        if (!Object.hasOwn(schemas, file)) throw notFound("Schema");
        reply.header("cache-control", CACHE_CONTROL);
        return schemas[file as keyof typeof schemas](publicUrl(), vendorNamesOf(publicUrl()));
      },
    }),
    route({
      ...common,
      path: "/ucp/docs/{page}",
      operationId: "getUcpPage",
      summary: "Read how the gateway's UCP extension or payment handler works",
      description: "Of `agent-task` and `wallet`, which the profile refers to.",
      params: z.object({ page: z.string() }),
      responses: {
        200: { description: "Markdown", schema: z.string().meta({ id: "Markdown" }), contentType: "text/markdown" },
        404: { description: "No such page" },
      },
      handler: ({ params: { page }, reply }) => {
        if (!Object.hasOwn(texts, page)) throw notFound("Page");
        reply.headers({ "cache-control": CACHE_CONTROL, "content-type": "text/markdown; charset=utf-8" });
        return texts[page as keyof typeof texts](vendorNamesOf(publicUrl()));
      },
    }),
  ];
}
