import { performance } from "node:perf_hooks";
import { temporaryDirectory } from "@agentgate/testing";
import { atMost, type BenchCase } from "../harness/case.ts";
import { startServer } from "../harness/child-server.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { gatewayEnv } from "../harness/gateway.ts";
import { residentMiB } from "../harness/process-tree.ts";
import { quantile } from "../harness/statistics.ts";

/** From the command to the first answer, on an empty data directory. */
export const startup: BenchCase = {
  name: "startup",
  title: "from starting the process to its first answer; the gateway makes its database first",
  async run({ cores, trials, progress }) {
    const start = async (file: string, env: Record<string, string>) => {
      const startedAt = performance.now();
      const server = await startServer(file, { core: cores.server, env });
      const response = await fetch(`http://127.0.0.1:${server.port}/health`);
      await response.arrayBuffer();
      const firstAnswerMs = performance.now() - startedAt;
      const memoryMiB = residentMiB(server.pid);
      await server.stop();
      return { firstAnswerMs, memoryMiB };
    };
    const contenders = [
      { name: "bare proxy", run: () => start("bare-proxy.ts", { AGENT_URL: "http://127.0.0.1:9" }) },
      {
        name: "gateway",
        async run() {
          const data = temporaryDirectory("bench-data");
          try {
            return await start("gateway.ts", gatewayEnv(data.path));
          } finally {
            data.remove();
          }
        },
      },
    ];
    const results = await interleave({ trials: 2 * trials, progress }, contenders, ({ run }) => run());
    return {
      rows: toRows(results, {
        "first answer ms": ({ firstAnswerMs }) => firstAnswerMs,
        "resident MiB": ({ memoryMiB }) => memoryMiB,
      }),
      targets: [
        atMost(
          "start to first answer",
          1_000,
          "ms",
          quantile(
            results.get("gateway")!.map(({ firstAnswerMs }) => firstAnswerMs),
            0.5,
          ),
        ),
      ],
      notes: ["run from the TypeScript sources, which Node strips of types at each start"],
      objections: [],
    };
  },
};
