import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { atMost, type BenchCase } from "../harness/case.ts";
import { type ChildServer, startServer } from "../harness/child-server.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { cpuMicros, residentMiB } from "../harness/process-tree.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";
import { openStreams } from "../harness/stream-readers.ts";

const STREAMS = 8_000;
/** Opened and left before anything is measured, so that code and pools are not counted as the streams'. */
const WARM_UP_STREAMS = 500;
const EVENTS_PER_SECOND = 1_000;
/** After the last stream has begun, before memory is read. */
const SETTLE_MS = 2_000;

interface Measurement {
  kibPerStream: number;
  openedPerSecond: number;
  delaysMs: number[];
  /** Gateway CPU microseconds per event passed on, the heartbeats' and timers' part included. */
  cpuMicrosPerEvent: number;
  offered: number;
  answered: number;
  errors: number;
}

const message = JSON.stringify({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] } });
const task = JSON.stringify({ id: "t", message: { parts: [{ type: "text", text: "go" }] } });

/** What an open stream holds, and how long its events stay in the gateway. */
export const streams: BenchCase = {
  name: "streams",
  title: `${STREAMS} open streams of one agent, ${EVENTS_PER_SECOND} events a second over all of them; agent, readers and gateway in processes of their own`,
  async run({ cores, trials, measuredMs, progress }) {
    const startAgent = () =>
      startServer("stream-agent.ts", { core: cores.load, env: { EVENTS_PER_SECOND: `${EVENTS_PER_SECOND}` } });

    const measure = async (port: number, request: Buffer, pid: number | undefined): Promise<Measurement> => {
      const warmUp = await openStreams(port, request, WARM_UP_STREAMS);
      warmUp.close();
      await sleep(SETTLE_MS);
      const memoryBefore = pid === undefined ? Number.NaN : residentMiB(pid);
      const startedAt = performance.now();
      const open = await openStreams(port, request, STREAMS);
      const openingMs = performance.now() - startedAt;
      await sleep(SETTLE_MS);
      const grownKib = pid === undefined ? Number.NaN : (residentMiB(pid) - memoryBefore) * 1024;
      const cpuBefore = pid === undefined ? Number.NaN : cpuMicros(pid);
      open.listen();
      await sleep(measuredMs);
      const { begun, broken, delaysMs } = open;
      const cpu = pid === undefined ? Number.NaN : cpuMicros(pid) - cpuBefore;
      open.close();
      return {
        kibPerStream: grownKib / STREAMS,
        openedPerSecond: (STREAMS / openingMs) * 1000,
        delaysMs: [...delaysMs],
        cpuMicrosPerEvent: cpu / delaysMs.length,
        offered: STREAMS,
        answered: begun,
        errors: broken,
      };
    };

    const direct = {
      name: "direct",
      async run() {
        const agent = await startAgent();
        try {
          return await measure(agent.port, postRequest("/a2a-agent/message:stream", message), undefined);
        } finally {
          await agent.stop();
        }
      },
    };
    const through = (name: string, fields: (agent: ChildServer) => object, path: string, body: string) => ({
      name,
      async run() {
        const agent = await startAgent();
        const gateway = await startGateway({
          agentPort: agent.port,
          core: cores.server,
          env: { AGENTGATE_TASK_TIMEOUT_MS: "600000" },
        });
        try {
          const id = await gateway.register(fields(agent));
          const headers = { authorization: `Bearer ${gateway.orgKey}`, "a2a-version": "1.0" };
          return await measure(gateway.port, postRequest(`/agents/${id}${path}`, body, headers), gateway.pid);
        } finally {
          await gateway.stop();
          await agent.stop();
        }
      },
    });
    const url = ({ port }: ChildServer) => `http://127.0.0.1:${port}`;
    const contenders = [
      direct,
      through(
        "message:stream",
        (agent) => ({ card_url: `${url(agent)}/a2a-agent/card.json` }),
        "/message:stream",
        message,
      ),
      through("/task/stream", (agent) => ({ name: "plain", url: url(agent) }), "/task/stream", task),
    ];
    const results = await interleave({ trials, progress }, contenders, ({ run }) => run());

    const passing = contenders.filter((each) => each !== direct);
    const ofTrials = (name: string) => results.get(name)!;
    const added = (name: string, fraction: number) =>
      quantile(
        ofTrials(name).map(
          ({ delaysMs }, trial) =>
            quantile(delaysMs, fraction) - quantile(ofTrials(direct.name)[trial]!.delaysMs, fraction),
        ),
        0.5,
      );
    return {
      rows: toRows(results, {
        "KiB/stream": ({ kibPerStream }) => kibPerStream,
        "p50 ms": ({ delaysMs }) => quantile(delaysMs, 0.5),
        "p99 ms": ({ delaysMs }) => quantile(delaysMs, 0.99),
        "slowest ms": ({ delaysMs }) => quantile(delaysMs, 1),
        "CPU µs/event": ({ cpuMicrosPerEvent }) => cpuMicrosPerEvent,
        "opened/s": ({ openedPerSecond }) => openedPerSecond,
      }),
      targets: passing.flatMap(({ name }) => [
        atMost(
          `memory of an open ${name}`,
          40,
          "KiB",
          quantile(
            ofTrials(name).map(({ kibPerStream }) => kibPerStream),
            0.5,
          ),
        ),
        atMost(`p50 that ${name} adds to an event's way, beside direct in the same trial`, 1, "ms", added(name, 0.5)),
        atMost(`p99 that ${name} adds`, 1, "ms", added(name, 0.99)),
      ]),
      notes: [],
      objections: [
        ...contenders.flatMap(({ name }) => objectionsTo(name, ofTrials(name))),
        ...contenders.flatMap(({ name }) => {
          const arrived = Math.min(...ofTrials(name).map(({ delaysMs }) => delaysMs.length));
          const due = (EVENTS_PER_SECOND * measuredMs) / 1000;
          return arrived < due * 0.99 ? [`${name}: only ${arrived} of ${due} events arrived`] : [];
        }),
        ...(openFilesMax() < 2 * STREAMS + 500 ? ["too few open files allowed: raise ulimit -n to 20000"] : []),
      ],
    };
  },
};

const openFilesMax = () => Number(/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 0);
