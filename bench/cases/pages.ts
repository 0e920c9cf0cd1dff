import { temporaryDirectory } from "@agentgate/testing";
import { sql } from "kysely";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { agentTask, startAgent } from "../harness/agent.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { startServer } from "../harness/child-server.ts";
import { type ClosedLoopResult, closedLoop } from "../harness/closed-loop.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { Directory } from "../harness/directory.ts";
import { gatewayEnv } from "../harness/gateway.ts";
import { getRequest, postRequest } from "../harness/http-connection.ts";
import { type OpenLoopResult, openLoop } from "../harness/open-loop.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";

const AGENTS = 10_000;
const DAYS = 30;
const TASKS_PER_SECOND = 500;
const PAGES_PER_SECOND = 20;
const READERS = 1_000;
const WARM_UP_MS = 1_000;
const FIRST_WARM_UP_MS = 5_000;

/** What the public pages cost, and what tasks on the same loop feel of them. */
export const pages: BenchCase = {
  name: "pages",
  title: `public pages over ${AGENTS} agents, one connection kept busy; then ${TASKS_PER_SECOND} free tasks a second, with and without ${PAGES_PER_SECOND} page loads a second`,
  async run({ cores, trials, measuredMs, progress }) {
    const data = temporaryDirectory("bench-pages");
    const agent = await startAgent(undefined);
    progress(`filling SQLite with ${AGENTS} agents and ${DAYS} days of their pings`);
    const agentUrl = `http://127.0.0.1:${agent.port}`;
    await fill(data.path, agentUrl);
    const env: Record<string, string> = { ...gatewayEnv(data.path), AGENTGATE_TRUSTED_PROXIES: "127.0.0.1" };
    const gateway = await startServer("gateway.js", { core: cores.server, env });
    try {
      const { id } = await register(gateway.port, env.AGENTGATE_API_KEY!, agentUrl);
      // Readers by the thousand: one alone has a pace, beyond which he waits.
      const page = (path: string) => {
        const requests = Array.from({ length: READERS }, (_, at) =>
          getRequest(path, { accept: "text/html", "x-forwarded-for": `198.18.${at >> 8}.${at & 255}` }),
        );
        let turn = 0;
        return () => requests[turn++ % READERS]!;
      };
      const contenders = Object.entries({
        home: "/",
        marketplace: "/marketplace",
        "marketplace, filtered": "/marketplace?protocol=a2a&price_max=1&sort=calls",
        "marketplace, searched": `/marketplace?q=${new Directory(agentUrl, 2).pick(new Directory(agentUrl).words)}`,
        agent: `/marketplace/${id}/mock`,
        status: "/status",
        guide: "/guide/stats",
      }).map(([name, path]) => ({ name, request: page(path) }));
      const load = ({ request }: { request: () => Buffer }, warmUpMs: number, ms: number): Promise<ClosedLoopResult> =>
        closedLoop({
          port: gateway.port,
          request,
          concurrency: 1,
          warmUpMs,
          measuredMs: ms,
          processes: { server: gateway.pid },
        });
      for (const each of contenders) await load(each, FIRST_WARM_UP_MS / 2, 100);
      const costs = await interleave({ trials, progress }, contenders, (each) => load(each, 200, measuredMs / 2));
      const cost = (name: string) =>
        quantile(
          costs.get(name)!.map(({ cpuMicros }) => cpuMicros.server! / 1000),
          0.5,
        );

      let turn = 0;
      const nextPage = () => contenders[turn++ % contenders.length]!.request();
      const tasks = { name: "tasks alone", withPages: false };
      const both = { name: `tasks beside ${PAGES_PER_SECOND} pages a second`, withPages: true };
      const offered = (ms: number) => ({ port: gateway.port, warmUpMs: WARM_UP_MS, measuredMs: ms });
      const offer = async ({ withPages }: typeof tasks, ms: number): Promise<OpenLoopResult> => {
        const request = postRequest(`/agents/${id}/task`, agentTask);
        const [result] = await Promise.all([
          openLoop({ ...offered(ms), request, ratePerSecond: TASKS_PER_SECOND }),
          withPages ? openLoop({ ...offered(ms), request: nextPage, ratePerSecond: PAGES_PER_SECOND }) : undefined,
        ]);
        return result;
      };
      await offer(both, FIRST_WARM_UP_MS);
      const beside = await interleave({ trials, progress }, [tasks, both], (each) => offer(each, measuredMs));
      const p99 = (name: string) => beside.get(name)!.map(({ latenciesMs }) => quantile(latenciesMs, 0.99));
      const moved = quantile(
        p99(both.name).map((value, trial) => value - p99(tasks.name)[trial]!),
        0.5,
      );
      return {
        rows: [
          ...toRows(costs, {
            "CPU ms/page": ({ cpuMicros }) => cpuMicros.server! / 1000,
            "pages/s": ({ perSecond }) => perSecond,
            "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
          }),
          ...toRows(beside, {
            "p50 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.5),
            "p99 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.99),
          }),
        ],
        targets: [
          ...contenders.map(({ name }) => atMost(`CPU of a page: ${name}`, 2, "ms", cost(name))),
          atMost("p99 of a task that the pages beside it add, in the same trial", 3, "ms", moved),
        ],
        notes: ["CPU is of the whole process, its database thread included"],
        objections: [tasks, both].flatMap(({ name }) => objectionsTo(name, beside.get(name)!)),
      };
    } finally {
      await gateway.stop();
      await agent.stop();
      data.remove();
    }
  },
};

async function fill(dataDirectory: string, agentUrl: string): Promise<void> {
  const storage = await openStorage({ dataDirectory, databaseUrl: undefined, clock: systemClock, log: silentLog });
  await new Directory(agentUrl).fill(storage, AGENTS);
  const today = Math.floor(Date.now() / 86_400_000);
  await sql`
    with recursive days as (select 0 as n union all select n + 1 from days where n < ${sql.lit(DAYS - 1)})
    insert into health_days (agent_id, day, checks, failed)
    select agents.id, ${today} - n, 1440, case when (agents.seq + n) % 20 = 0 then 7 else 0 end from days, agents
  `.execute(storage.db);
  await storage.close();
}

async function register(port: number, key: string, url: string): Promise<{ id: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/agents/`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "mock", url, description: "## Answers\n\n- **always**\n- the same" }),
  });
  if (!response.ok) throw new Error(`not registered: ${await response.text()}`);
  return (await response.json()) as { id: string };
}
