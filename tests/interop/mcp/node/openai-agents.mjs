import { MCPServerStreamableHttp } from "@openai/agents";
import { bearer, cancels, demand, expect, oneMoreThan, refused, run, STAND, textIn } from "./checks.mjs";

const { tools } = STAND;

async function connected(who = "rich", url = STAND.mcp) {
  const requestInit = { headers: bearer(who) };
  const server = new MCPServerStreamableHttp({ url, name: "gate", requestInit, clientSessionTimeoutSeconds: 60 });
  await server.connect();
  return server;
}
const use = async (server, name, args, signal) => {
  await server.listTools();
  return server.callToolResult(name, args, null, { signal });
};

await run({
  "lists the tools of all agents": async () => {
    const names = (await (await connected()).listTools()).map(({ name }) => name);
    for (const name of Object.values(tools)) demand(names.includes(name), names);
  },
  "calls an A2A agent, an MCP server and a website": async () => {
    const server = await connected();
    expect(textIn(await use(server, tools.show, { message: "Grüße 🌍" })), "Echo: Grüße 🌍");
    expect((await use(server, tools.add, { a: 1, b: 2 })).structuredContent, { sum: 3 });
    const dishes = JSON.parse(textIn(await use(server, tools.search, { query: "ramen" })));
    demand(
      dishes.some(({ id }) => id === "ramen-shoyu"),
      dishes,
    );
  },
  "is told an agent's question, and goes on with its task": async () => {
    const server = await connected();
    const asked = await use(server, tools.show, { message: "ask" });
    demand(textIn(asked).includes("Which city?"), asked);
    const { id } = asked._meta["dev.agentgate/task"];
    expect(textIn(await use(server, tools.show, { message: "Berlin", task_id: id })), "You said: Berlin");
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
    const server = await connected("poor");
    const unpaid = await use(server, tools.paid, { message: "hi" });
    expect([unpaid.isError, unpaid._meta["dev.agentgate/problem"].status], [true, 402]);
    const down = await use(server, tools.down, { message: "hi" });
    expect([down.isError, down._meta["dev.agentgate/problem"].status], [true, 502]);
  },
  "is refused with a key of nobody": async () => {
    await refused(connected("wrong"));
  },
  "speaks to an MCP server through the gateway": async () => {
    for (const url of [STAND.agents.server, STAND.agents.sessions]) {
      const server = await connected("rich", url);
      expect((await use(server, "add", { a: 20, b: 22 })).structuredContent, { sum: 42 });
      await server.close();
    }
  },
});
