import { execFile } from "node:child_process";
import { demand, expect, run, STAND } from "./checks.mjs";

const { tools } = STAND;
const program = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";

/** Its exit code, and what it printed. */
function inspect(method, more = [], { who = "rich", url = STAND.mcp } = {}) {
  const header = `Authorization: Bearer ${STAND.keys[who]}`;
  const where = ["--cli", "--server-url", url, "--transport", "http", "--header", header, "--stored-auth-only"];
  const args = [program, ...where, "--method", method, "--format", "json", ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 50_000 }, (error, stdout, stderr) => {
      let told;
      try {
        told = JSON.parse(stdout);
      } catch {
        told = undefined;
      }
      resolve({ exit: error ? error.code : 0, told, said: `${stdout}${stderr}` });
    });
  });
}
const call = (name, args, options) =>
  inspect("tools/call", ["--tool-name", name, "--tool-args-json", JSON.stringify(args)], options);
/** A result, in whatever it is wrapped. */
const resultIn = ({ told }) => told?.result ?? told;

await run({
  "lists the tools of all agents": async () => {
    for (const era of ["modern", "legacy"]) {
      const answer = await inspect("tools/list", ["--protocol-era", era]);
      expect(answer.exit, 0);
      for (const name of Object.values(tools)) demand(answer.said.includes(name), answer.said);
    }
  },
  "calls an A2A agent, an MCP server and a website": async () => {
    const shown = await call(tools.show, { message: "Grüße 🌍" });
    demand(shown.exit === 0 && shown.said.includes("Echo: Grüße 🌍"), shown);
    const added = await call(tools.add, { a: 1, b: 2 });
    expect(resultIn(added)?.structuredContent, { sum: 3 });
    const found = await call(tools.search, { query: "ramen" });
    demand(found.exit === 0 && found.said.includes("ramen-shoyu"), found);
  },
  "waits for a long call": async () => {
    const waited = await call(tools.show, { message: "wait 2500" });
    demand(waited.exit === 0 && waited.said.includes("Waited"), waited);
  },
  "ends with 5 where there is no money, or an agent is down": async () => {
    const unpaid = await call(tools.paid, { message: "hi" }, { who: "poor" });
    expect(unpaid.exit, 5);
    const down = await call(tools.down, { message: "hi" });
    expect(down.exit, 5);
  },
  "ends with 3 for a key of nobody": async () => {
    expect((await inspect("tools/list", [], { who: "wrong" })).exit, 3);
  },
  "ends with 4 where there is no gateway": async () => {
    expect((await inspect("tools/list", [], { url: "http://127.0.0.1:9/mcp" })).exit, 4);
  },
  "speaks to an MCP server through the gateway": async () => {
    for (const url of [STAND.agents.server, STAND.agents.sessions]) {
      const added = await call("add", { a: 20, b: 22 }, { url });
      expect(resultIn(added)?.structuredContent, { sum: 42 });
    }
  },
});
