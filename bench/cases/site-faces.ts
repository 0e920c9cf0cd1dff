import { atLeast, type BenchCase } from "../harness/case.ts";
import { type ChildServer, startServer } from "../harness/child-server.ts";
import { closedLoop } from "../harness/closed-loop.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { postRequest } from "../harness/http-connection.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";

const CONCURRENCY = 32;
const WARM_UP_MS = 500;
const FIRST_WARM_UP_MS = 4_000;
const FACES = ["bare-node", "node", "bare-fastify", "fastify", "bare-express", "express", "koa"];

/** What the site kit costs on top of the server that it is mounted in. */
export const siteFaces: BenchCase = {
  name: "site-faces",
  title: `one intent of a site, small JSON each way, ${CONCURRENCY} connections kept busy, the server alone on one core`,
  async run({ cores, trials, measuredMs, progress }) {
    const headers = { "x-agent-request": "true", "x-agent-id": "bench" };
    const request = postRequest("/agent/intents/search", JSON.stringify({ query: "wireless headphones" }), headers);
    const contenders: (ChildServer & { readonly name: string })[] = [];
    try {
      for (const name of FACES) {
        contenders.push({ name, ...(await startServer("site.ts", { core: cores.server, env: { FACE: name } })) });
      }
      const load = ({ port, pid }: (typeof contenders)[number], warmUpMs: number, ms: number) =>
        closedLoop({ port, request, concurrency: CONCURRENCY, warmUpMs, measuredMs: ms, processes: { server: pid } });
      for (const contender of contenders) {
        progress(`warming up: ${contender.name}`);
        await load(contender, FIRST_WARM_UP_MS, 100);
      }
      const results = await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs));
      const share = (name: string, baseline: string) =>
        quantile(
          results
            .get(name)!
            .map(({ perSecond }, trial) => (perSecond / results.get(baseline)![trial]!.perSecond) * 100),
          0.5,
        );
      return {
        rows: toRows(results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server!,
          "requests/s": ({ perSecond }) => perSecond,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          atLeast(
            "throughput of the node face, of bare node:http's in the same trial",
            70,
            "%",
            share("node", "bare-node"),
          ),
          atLeast(
            "throughput of the Fastify face, of plain Fastify's in the same trial",
            85,
            "%",
            share("fastify", "bare-fastify"),
          ),
        ],
        notes: [`Express face: ${share("express", "bare-express").toFixed(0)} % of plain Express with its JSON parser`],
        objections: contenders.flatMap(({ name }) =>
          objectionsTo(
            name,
            results.get(name)!.map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
          ),
        ),
      };
    } finally {
      await Promise.all(contenders.map((contender) => contender.stop()));
    }
  },
};
