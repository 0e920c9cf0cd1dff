/** What both official SDKs are asked, by the same words: `callTool(client, params, options)` hides where they differ. */
import { bearer, cancels, demand, expect, oneMoreThan, refused, STAND, textIn } from "./checks.mjs";

const { tools, agents } = STAND;
const V = "dev.agentgate/";

/** @param open - connects a client to an address with a key @param isModern - whether it speaks the stateless revision */
export function officialChecks({ open, callTool, isModern, asks }) {
  const at = (url, who = "rich") => open(new URL(url), { requestInit: { headers: bearer(who) } });
  const withClient = async (url, body, who) => {
    const client = await at(url, who);
    try {
      return await body(client);
    } finally {
      await client.close();
    }
  };
  const ask = (client, name, args = {}, options) => callTool(client, { name, arguments: args }, options);
  return {
    "lists the tools of all agents": () =>
      withClient(STAND.mcp, async (client) => {
        const { tools: listed } = await client.listTools();
        const names = listed.map(({ name }) => name);
        for (const name of Object.values(tools)) demand(names.includes(name), names);
      }),
    "calls an A2A agent, an MCP server and a website": () =>
      withClient(STAND.mcp, async (client) => {
        expect(textIn(await ask(client, tools.show, { message: "Grüße 🌍" })), "Echo: Grüße 🌍");
        expect((await ask(client, tools.add, { a: 1, b: 2 })).structuredContent, { sum: 3 });
        const dishes = JSON.parse(textIn(await ask(client, tools.search, { query: "ramen" })));
        demand(
          dishes.some(({ id }) => id === "ramen-shoyu"),
          dishes,
        );
        const paid = await ask(client, tools.paid, { message: "hi" });
        expect(paid._meta[`${V}receipt`].amount, "0.05");
      }),
    "hears of progress": () =>
      withClient(STAND.mcp, async (client) => {
        const told = [];
        const options = { onprogress: (progress) => told.push(progress) };
        const result = await ask(client, tools.show, { message: "count 4" }, options);
        expect(textIn(result).replaceAll(/\s+/g, " ").trim(), "1 2 3 4");
        demand(told.length > 0, told);
        demand(
          told.slice(1).every(({ progress }, at) => progress > told[at].progress),
          told,
        );
      }),
    "answers what an agent asks": () =>
      withClient(STAND.mcp, async (client) => {
        const result = await ask(client, tools.show, { message: "ask" });
        if (asks && isModern) return expect(textIn(result), "You said: Berlin");
        const { id, state } = result._meta[`${V}task`];
        expect(state, "input-required");
        demand(textIn(result).includes("Which city?"), result);
        const answered = await ask(client, tools.show, { message: "Berlin", task_id: id });
        return expect(textIn(answered), "You said: Berlin");
      }),
    "waits for a long call": () =>
      withClient(STAND.mcp, async (client) => {
        expect(textIn(await ask(client, tools.show, { message: "wait 2500" })), "Waited");
      }),
    "has an agent stopped": async () => {
      const count = await cancels();
      await withClient(STAND.mcp, async (client) => {
        const controller = new AbortController();
        const call = ask(client, tools.show, { message: "wait 60000" }, { signal: controller.signal });
        setTimeout(() => controller.abort(), 3_000);
        await refused(call);
        if (isModern) await oneMoreThan(count);
      });
      // A client of the legacy era only says so, in a message that names nothing here; it hangs up when it is closed.
      await oneMoreThan(count);
    },
    "is told that there is no money, and that an agent is down, as results": () =>
      withClient(
        STAND.mcp,
        async (client) => {
          const unpaid = await ask(client, tools.paid, { message: "hi" });
          expect([unpaid.isError, unpaid._meta[`${V}problem`].status], [true, 402]);
          const down = await ask(client, tools.down, { message: "hi" });
          expect([down.isError, down._meta[`${V}problem`].status], [true, 502]);
        },
        "poor",
      ),
    "is refused what there is not, and with a key of nobody": async () => {
      await refused(at(STAND.mcp, "wrong"));
      await withClient(STAND.mcp, async (client) => {
        const error = await refused(ask(client, "nobody__does"));
        demand(String(error.message).includes("no tool"), error.message);
        const unfit = await ask(client, tools.add, { a: "one" });
        expect([unfit.isError, unfit._meta[`${V}problem`].code], [true, "invalid_arguments"]);
      });
    },
    "speaks to an MCP server through the gateway as to the server itself": async () => {
      for (const url of [agents.server, agents.sessions]) {
        // The stateless revision is none of a server's that keeps sessions.
        if (url === agents.sessions && isModern === "pinned") continue;
        await withClient(url, async (client) => {
          expect((await client.listTools()).tools.map(({ name }) => name).sort(), ["add", "book", "fail", "steps"]);
          expect((await ask(client, "add", { a: 20, b: 22 })).structuredContent, { sum: 42 });
          const told = [];
          await ask(client, "steps", {}, { onprogress: ({ message }) => told.push(message) });
          expect(told, ["step 1", "step 2", "step 3"]);
          expect((await ask(client, "fail")).isError, true);
          if (asks && (isModern || url === agents.sessions)) {
            expect(textIn(await ask(client, "book")), "Booked for Monday");
          }
        });
      }
    },
  };
}
