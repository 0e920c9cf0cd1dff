import { hasPostgres, startPostgres } from "@agentgate/testing";
import { agentTask, startAgent } from "../harness/agent.ts";
import { atLeast, type BenchCase } from "../harness/case.ts";
import { closedLoop } from "../harness/closed-loop.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { type MeasuredGateway, startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";

/** Enough callers at once for a group commit to be a group. */
const CONCURRENCY = 256;
const WARM_UP_MS = 1_000;
const FIRST_WARM_UP_MS = 8_000;

/** What a paid task costs beside a free one: every task pays from one and the same wallet. */
export const paidTask: BenchCase = {
  name: "paid-task",
  title: `a paid task, 1 KiB each way, one hot wallet, ${CONCURRENCY} callers at once, the gateway alone on one core`,
  async run({ cores, trials, measuredMs, progress }) {
    const agent = await startAgent(cores.load);
    const postgres = hasPostgres() ? await startPostgres() : undefined;
    const where = { agentPort: agent.port, core: cores.server };
    const sqlite = await startGateway(where);
    const onPostgres = postgres && (await startGateway({ ...where, databaseUrl: postgres.url }));
    const gateways = [sqlite, ...(onPostgres ? [onPostgres] : [])];
    const contenders = gateways.flatMap((gateway) => {
      const engine = gateway === sqlite ? "SQLite" : "PostgreSQL";
      const authorization = `Bearer ${gateway.orgKey}`;
      const request = (path: string) => postRequest(path, agentTask, { authorization });
      return [
        { name: `free, ${engine}`, gateway, request: request(gateway.taskPath) },
        { name: `paid, ${engine}`, gateway, request: request(gateway.paidTaskPath) },
      ];
    });
    const load = ({ gateway, request }: (typeof contenders)[number], warmUpMs: number, ms: number) =>
      closedLoop({
        port: gateway.port,
        request,
        concurrency: CONCURRENCY,
        warmUpMs,
        measuredMs: ms,
        processes: { agent: agent.pid, server: gateway.pid },
      });
    try {
      for (const contender of contenders) {
        progress(`warming up: ${contender.name}`);
        await load(contender, FIRST_WARM_UP_MS, 100);
      }
      const paidBefore = await Promise.all(gateways.map((gateway) => gateway.tasksPaid()));
      const results = await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs));

      const perSecond = (name: string) =>
        quantile(
          (results.get(name) ?? []).map((trial) => trial.perSecond),
          0.5,
        );
      const books = await Promise.all(
        gateways.map((gateway, at) =>
          audit(
            gateway,
            paidBefore[at]!,
            contenders
              .filter((each) => each.gateway === gateway && each.name.startsWith("paid"))
              .flatMap(({ name }) => results.get(name)!),
          ),
        ),
      );
      return {
        rows: toRows(results, {
          "tasks/s": (trial) => trial.perSecond,
          "gateway CPU µs/task": ({ cpuMicros }) => cpuMicros.server!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          atLeast("durable paid tasks on SQLite", 2_000, "/s", perSecond("paid, SQLite")),
          ...(onPostgres
            ? [atLeast("paid tasks on one hot wallet, PostgreSQL", 1_500, "/s", perSecond("paid, PostgreSQL"))]
            : []),
        ],
        notes: books.map(({ note }) => note),
        objections: [
          ...books.flatMap(({ objections }) => objections),
          ...contenders.flatMap(({ name }) =>
            objectionsTo(
              name,
              results.get(name)!.map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
            ),
          ),
        ],
      };
    } finally {
      for (const gateway of gateways) await gateway.stop();
      await postgres?.stop();
      await agent.stop();
    }
  },
};

/** Every answer is paid for exactly once, and the ledger is intact. */
async function audit(gateway: MeasuredGateway, paidBefore: number, trials: readonly { totalAnswered: number }[]) {
  const answered = trials.reduce((sum, { totalAnswered }) => sum + totalAnswered, 0);
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
