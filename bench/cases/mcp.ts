import { temporaryDirectory } from "@agentgate/testing";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { jsonOfSize } from "../harness/agent.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { startServer } from "../harness/child-server.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { Directory } from "../harness/directory.ts";
import { gatewayEnv } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { openLoop } from "../harness/open-loop.ts";
import { quantile } from "../harness/statistics.ts";
import { startTaskContenders, type TaskContender } from "../harness/task-contenders.ts";
import { warmUp } from "../harness/task-trials.ts";

const CONCURRENCY = 64;
const AGENTS = 10_000;
const PAGE = 100;
const LISTS_PER_SECOND = 50;

const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
const call = jsonOfSize(1024, (message) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "ask", arguments: { message } },
}));

/** What a tool's call costs beside the same task over REST, and what a list takes over many agents. */
export const mcp: BenchCase = {
  name: "mcp",
  title: `tools/call beside the plain task path, 1 KiB each way, ${CONCURRENCY} connections kept busy; tools/list over ${AGENTS} agents`,
  async run(context) {
    const setup = await startTaskContenders(context.cores);
    const { agent, gateway, authenticated: task } = setup;
    const tool: TaskContender = {
      name: "tools/call",
      port: gateway.port,
      request: postRequest(gateway.taskPath.replace(/task$/, "mcp"), call, {
        authorization: `Bearer ${gateway.orgKey}`,
        accept: "application/json, text/event-stream",
      }),
      pid: gateway.pid,
    };
    const contenders = [task, tool];
    const trials = await (async () => {
      try {
        const measure = await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY });
        return await measure();
      } finally {
        await setup.stop();
      }
    })();
    const cost = (contender: TaskContender) => trials.median(contender, ({ cpuMicros }) => cpuMicros.server!);
    const lists = await listsOverMany(context);
    const all = [...lists.values()].flatMap((results) => results.flatMap(({ latenciesMs }) => [...latenciesMs]));
    return {
      rows: [
        ...toRows(trials.results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server ?? Number.NaN,
          "requests/s": ({ perSecond }) => perSecond,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        ...toRows(lists, {
          "p50 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.5),
          "p99 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.99),
        }),
      ],
      targets: [
        atMost("CPU more per tools/call than per task", 30, "µs", cost(tool) - cost(task)),
        atMost(`p99 of tools/list over ${AGENTS} agents`, 10, "ms", quantile(all, 0.99)),
      ],
      notes: [`agent: ${agent.kind}`],
      objections: trials.objections,
    };
  },
};

/** Pages of tools of all agents, as the admin is listed them. */
async function listsOverMany({ cores, trials, measuredMs, progress }: Parameters<BenchCase["run"]>[0]) {
  const data = temporaryDirectory("bench-mcp");
  const storage = await openStorage({ dataDirectory: data.path, clock: systemClock, log: silentLog });
  progress(`filling SQLite with ${AGENTS} agents`);
  await new Directory("http://127.0.0.1:9").fill(storage, AGENTS, { hasTools: true }).finally(() => storage.close());
  const env: Record<string, string> = { ...gatewayEnv(data.path), AGENTGATE_MCP_LIST: "all" };
  const server = await startServer("gateway.js", { core: cores.server, env });
  try {
    const authorization = `Bearer ${env.AGENTGATE_API_KEY}`;
    await demandWholePage(server.port, authorization);
    return await interleave({ trials, progress }, [{ name: "tools/list, 100 of all" }], () =>
      openLoop({
        port: server.port,
        request: () => postRequest("/mcp", LIST, { authorization }),
        ratePerSecond: LISTS_PER_SECOND,
        warmUpMs: 1_000,
        measuredMs: measuredMs / 2,
      }),
    );
  } finally {
    await server.stop();
    data.remove();
  }
}

/** A list of nothing costs nothing. */
async function demandWholePage(port: number, authorization: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: LIST,
  });
  const { result } = (await response.json()) as { result?: { tools: unknown[] } };
  if (result?.tools.length !== PAGE) throw new Error(`tools/list had ${result?.tools.length} tools, not ${PAGE}`);
}
