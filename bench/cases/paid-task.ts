import { hasPostgres, startPostgres } from "@agentgate/testing";
import { agentTask, startAgent } from "../harness/agent.ts";
import { atLeast, type BenchCase } from "../harness/case.ts";
import { toRows } from "../harness/contenders.ts";
import { type MeasuredGateway, startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { warmUp } from "../harness/task-trials.ts";

/** Enough callers at once for a group commit to be a group. */
const CONCURRENCY = 256;

/** What a paid task costs beside a free one: every task pays from one and the same wallet. */
export const paidTask: BenchCase = {
  name: "paid-task",
  title: `a paid task, 1 KiB each way, one hot wallet, ${CONCURRENCY} callers at once, the gateway alone on one core`,
  async run(context) {
    const { cores } = context;
    const agent = await startAgent(cores.load);
    const postgres = hasPostgres() ? await startPostgres() : undefined;
    const where = { agentPort: agent.port, core: cores.server };
    const sqlite = await startGateway(where);
    const onPostgres = postgres && (await startGateway({ ...where, databaseUrl: postgres.url }));
    const gateways = [sqlite, ...(onPostgres ? [onPostgres] : [])];
    const contenders = gateways.flatMap((gateway) => {
      const engine = gateway === sqlite ? "SQLite" : "PostgreSQL";
      const authorization = `Bearer ${gateway.orgKey}`;
      const contender = (price: string, path: string) => ({
        name: `${price}, ${engine}`,
        port: gateway.port,
        request: postRequest(path, agentTask, { authorization }),
        pid: gateway.pid,
        gateway,
      });
      return [contender("free", gateway.taskPath), contender("paid", gateway.paidTaskPath)];
    });
    try {
      const measure = await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY });
      const paidBefore = await Promise.all(gateways.map((gateway) => gateway.tasksPaid()));
      const trials = await measure();
      const paid = (gateway: MeasuredGateway) =>
        contenders.filter((each) => each.gateway === gateway && each.name.startsWith("paid"));
      const perSecond = (gateway: MeasuredGateway) => trials.median(paid(gateway)[0]!, (trial) => trial.perSecond);
      const books = await Promise.all(
        gateways.map((gateway, at) => audit(gateway, paidBefore[at]!, trials.answered(paid(gateway)))),
      );
      return {
        rows: toRows(trials.results, {
          "tasks/s": (trial) => trial.perSecond,
          "gateway CPU µs/task": ({ cpuMicros }) => cpuMicros.server!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          atLeast("durable paid tasks on SQLite", 2_000, "/s", perSecond(sqlite)),
          ...(onPostgres
            ? [atLeast("paid tasks on one hot wallet, PostgreSQL", 1_500, "/s", perSecond(onPostgres))]
            : []),
        ],
        notes: books.map(({ note }) => note),
        objections: [...books.flatMap(({ objections }) => objections), ...trials.objections],
      };
    } finally {
      for (const gateway of gateways) await gateway.stop();
      await postgres?.stop();
      await agent.stop();
    }
  },
};

/** Every answer is paid for exactly once, and the ledger is intact. */
async function audit(gateway: MeasuredGateway, paidBefore: number, answered: number) {
  const paid = (await gateway.tasksPaid()) - paidBefore;
  const problems = await gateway.ledgerProblems();
  return {
    note: `ledger: ${paid} tasks paid for ${answered} answers, verification found ${problems.length} problems`,
    objections: [
      ...(paid === answered ? [] : ["not every answer was paid for exactly once"]),
      ...(problems.length === 0 ? [] : ["the ledger is not intact"]),
    ],
  };
}
