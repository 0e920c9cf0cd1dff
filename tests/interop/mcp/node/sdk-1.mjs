import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { run } from "./checks.mjs";
import { officialChecks } from "./official.mjs";

await run(
  officialChecks({
    isModern: false,
    asks: true,
    async open(url, options) {
      const client = new Client({ name: "interop", version: "1.0.0" }, { capabilities: { elicitation: { form: {} } } });
      client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { day: "Monday" } }));
      await client.connect(new StreamableHTTPClientTransport(url, options));
      return client;
    },
    callTool: (client, params, options) => client.callTool(params, undefined, options),
  }),
);
