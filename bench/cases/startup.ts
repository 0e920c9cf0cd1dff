import { performance } from "node:perf_hooks";
import { temporaryDirectory } from "@agentgate/testing";
import { buildGateway } from "../harness/build.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { type ServerOptions, startServer } from "../harness/child-server.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { gatewayEnv } from "../harness/gateway.ts";
import { residentMiB } from "../harness/process-tree.ts";
import { quantile } from "../harness/statistics.ts";

const FROM_SOURCES = "gateway, from its TypeScript sources";
const BUILT = "gateway, built";

/** From the command to the first answer, on an empty data directory. */
export const startup: BenchCase = {
  name: "startup",
  title: "from starting the process to its first answer; the gateway makes its database first",
  async run({ cores, trials, progress }) {
    progress("building the gateway");
    buildGateway();
    const start = async (file: string, options: Omit<ServerOptions, "core">) => {
      const startedAt = performance.now();
      const server = await startServer(file, { core: cores.server, ...options });
      const response = await fetch(`http://127.0.0.1:${server.port}/health`);
      await response.arrayBuffer();
      const firstAnswerMs = performance.now() - startedAt;
      const memoryMiB = residentMiB(server.pid);
      await server.stop();
      return { firstAnswerMs, memoryMiB };
    };
    const startGateway = async (built: boolean) => {
      const data = temporaryDirectory("bench-data");
      try {
        return await start("gateway.js", { env: gatewayEnv(data.path), built });
      } finally {
        data.remove();
      }
    };
    const contenders = [
      { name: "bare proxy", run: () => start("bare-proxy.ts", { env: { AGENT_URL: "http://127.0.0.1:9" } }) },
      { name: FROM_SOURCES, run: () => startGateway(false) },
      { name: BUILT, run: () => startGateway(true) },
    ];
    const results = await interleave({ trials: 2 * trials, progress }, contenders, ({ run }) => run());
    return {
      rows: toRows(results, {
        "first answer ms": ({ firstAnswerMs }) => firstAnswerMs,
        "resident MiB": ({ memoryMiB }) => memoryMiB,
      }),
      targets: [FROM_SOURCES, BUILT].map((name) => {
        const times = results.get(name)!.map(({ firstAnswerMs }) => firstAnswerMs);
        return atMost(`${name}: start to first answer`, 1_000, "ms", quantile(times, 0.5));
      }),
      notes: [],
      objections: [],
    };
  },
};
