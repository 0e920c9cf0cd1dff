import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { bearer, cancels, demand, expect, oneMoreThan, refused, run, STAND } from "./checks.mjs";

const { tools } = STAND;
const told = [];

const connected = (who = "rich", url = STAND.mcp) =>
  new MultiServerMCPClient({
    mcpServers: { gate: { transport: "http", url, headers: bearer(who), automaticSSEFallback: false } },
    onProgress: (progress, source) => told.push({ progress, source }),
  });
const use = async (client, name, args, options) => {
  const tool = (await client.getTools()).find((one) => one.name === name);
  demand(tool, name);
  return tool.invoke(args, options);
};
/** What a model is shown: a text alone, or blocks of which the first has it. */
const textOf = (content) => (typeof content === "string" ? content : [content].flat()[0].text);

await run({
  "lists the tools of all agents": async () => {
    const names = (await connected().getTools()).map(({ name }) => name);
    for (const name of Object.values(tools)) demand(names.includes(name), names);
  },
  "calls an A2A agent, an MCP server and a website": async () => {
    const client = connected();
    expect(textOf(await use(client, tools.show, { message: "Grüße 🌍" })), "Echo: Grüße 🌍");
    expect(JSON.parse(textOf(await use(client, tools.add, { a: 1, b: 2 }))), { sum: 3 });
    const dishes = JSON.parse(textOf(await use(client, tools.search, { query: "ramen" })));
    demand(
      dishes.some(({ id }) => id === "ramen-shoyu"),
      dishes,
    );
  },
  "hears of progress": async () => {
    told.length = 0;
    await use(connected(), tools.show, { message: "count 4" });
    demand(told.length > 0, told);
  },
  "is told an agent's question, and goes on with its task": async () => {
    const client = connected();
    const asked = await use(client, tools.show, { message: "ask" });
    const said = JSON.stringify(asked);
    demand(said.includes("Which city?"), asked);
    const [, id] = /task_id\\*":\\*"([^"\\]+)/.exec(said);
    expect(textOf(await use(client, tools.show, { message: "Berlin", task_id: id })), "You said: Berlin");
  },
  "waits for a long call": async () => {
    expect(textOf(await use(connected(), tools.show, { message: "wait 2500" })), "Waited");
  },
  "has an agent stopped": async () => {
    const count = await cancels();
    const controller = new AbortController();
    const client = connected();
    const call = use(client, tools.show, { message: "wait 60000" }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 3_000);
    await refused(call);
    // A client of the legacy era hangs up when it is closed.
    await client.close();
    await oneMoreThan(count);
  },
  "throws what there is no money for, and what an agent that is down does not answer, with the reason": async () => {
    const client = connected("poor");
    const unpaid = await refused(use(client, tools.paid, { message: "hi" }));
    demand(/balance|wallet|fund/i.test(unpaid.message), unpaid.message);
    const down = await refused(use(client, tools.down, { message: "hi" }));
    demand(/agent/i.test(down.message), down.message);
  },
  "is refused with a key of nobody": async () => {
    await refused(connected("wrong").getTools());
  },
  "speaks to an MCP server through the gateway": async () => {
    for (const url of [STAND.agents.server, STAND.agents.sessions]) {
      const client = connected("rich", url);
      expect(JSON.parse(textOf(await use(client, "add", { a: 20, b: 22 }))), { sum: 42 });
      await client.close();
    }
  },
});
