import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { run } from "./checks.mjs";
import { officialChecks } from "./official.mjs";

/** `auto`, `legacy`, or the revision that is pinned; without one, whatever the SDK does by itself. */
const given = process.argv[2];
const mode = { auto: "auto", legacy: "legacy" }[given] ?? (given && given !== "default" ? { pin: given } : undefined);

const answers = ({ params }) => ({
  action: "accept",
  content: "day" in params.requestedSchema.properties ? { day: "Monday" } : { answer: "Berlin" },
});

await run(
  officialChecks({
    isModern: mode === "auto" || (typeof mode === "object" && "pinned"),
    asks: true,
    async open(url, options) {
      const client = new Client(
        { name: "interop", version: "1.0.0" },
        { ...(mode && { versionNegotiation: { mode } }), capabilities: { elicitation: { form: {} } } },
      );
      client.setRequestHandler("elicitation/create", async (request) => answers(request));
      await client.connect(new StreamableHTTPClientTransport(url, options));
      return client;
    },
    callTool: (client, params, options) => client.callTool(params, options),
  }),
);
