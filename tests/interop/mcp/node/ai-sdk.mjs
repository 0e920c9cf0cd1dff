import { createMCPClient, ElicitationRequestSchema } from "@ai-sdk/mcp";
import { bearer, cancels, demand, expect, oneMoreThan, refused, run, STAND, textIn } from "./checks.mjs";

const { tools } = STAND;

async function connected(who = "rich", url = STAND.mcp, more = {}) {
  const client = await createMCPClient({
    transport: { type: "http", url, headers: bearer(who) },
    capabilities: { elicitation: { form: {} } },
    ...more,
  });
  client.onElicitationRequest(ElicitationRequestSchema, async ({ params }) => ({
    action: "accept",
    content: "day" in params.requestedSchema.properties ? { day: "Monday" } : { answer: "Berlin" },
  }));
  return client;
}
/** As the SDK calls a tool that a model has chosen. */
const use = async (client, name, args, abortSignal) =>
  (await client.tools())[name].execute(args, { toolCallId: "1", messages: [], abortSignal });

await run({
  "lists the tools of all agents": async () => {
    const names = Object.keys(await (await connected()).tools());
    for (const name of Object.values(tools)) demand(names.includes(name), names);
  },
  "calls an A2A agent, an MCP server and a website": async () => {
    const client = await connected();
    expect(textIn(await use(client, tools.show, { message: "Grüße 🌍" })), "Echo: Grüße 🌍");
    expect((await use(client, tools.add, { a: 1, b: 2 })).structuredContent, { sum: 3 });
    const dishes = JSON.parse(textIn(await use(client, tools.search, { query: "ramen" })));
    demand(
      dishes.some(({ id }) => id === "ramen-shoyu"),
      dishes,
    );
  },
  "answers what an agent asks by its form": async () => {
    expect(textIn(await use(await connected(), tools.show, { message: "ask" })), "You said: Berlin");
    expect(textIn(await use(await connected(), tools.book, {})), "Booked for Monday");
  },
  "goes on with the task without a form, in the legacy era": async () => {
    const client = await connected("rich", STAND.mcp, { protocolVersionDiscovery: false });
    const asked = await use(client, tools.show, { message: "ask" });
    const { id } = asked._meta["dev.agentgate/task"];
    expect(textIn(await use(client, tools.show, { message: "Berlin", task_id: id })), "You said: Berlin");
  },
  "waits for a long call": async () => {
    expect(textIn(await use(await connected(), tools.show, { message: "wait 2500" })), "Waited");
  },
  "has an agent stopped": async () => {
    const count = await cancels();
    const controller = new AbortController();
    const call = use(await connected(), tools.show, { message: "wait 60000" }, controller.signal);
    setTimeout(() => controller.abort(), 2_000);
    await refused(call);
    await oneMoreThan(count);
  },
  "is told that there is no money, and that an agent is down, as results": async () => {
    const client = await connected("poor");
    const unpaid = await use(client, tools.paid, { message: "hi" });
    expect([unpaid.isError, unpaid._meta["dev.agentgate/problem"].status], [true, 402]);
    const down = await use(client, tools.down, { message: "hi" });
    expect([down.isError, down._meta["dev.agentgate/problem"].status], [true, 502]);
  },
  "is refused with a key of nobody": async () => {
    await refused(connected("wrong").then((client) => client.tools()));
  },
  "speaks to an MCP server through the gateway": async () => {
    for (const url of [STAND.agents.server, STAND.agents.sessions]) {
      const client = await connected("rich", url);
      expect((await use(client, "add", { a: 20, b: 22 })).structuredContent, { sum: 42 });
      await client.close();
    }
  },
});
