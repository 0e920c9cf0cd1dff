// CPU time of one outbound call, beside undici alone, in the same process and run:
//   node --conditions=agentgate-source bench/dialer.ts [--requests 20000] [--trials 7] [--concurrency 64]
// The server is another process; only the caller's own CPU time (user + system) is counted.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { createDialer } from "../packages/gateway/src/outbound/index.ts";
import { silentLog, systemClock } from "../packages/gateway/src/runtime/index.ts";

const payload = Buffer.alloc(1024, "x");

/** Answers every request of known length with 1 KiB, parsing nothing. */
function serve(): void {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${payload.length}\r\n\r\n`;
  const response = Buffer.concat([Buffer.from(head), payload]);
  const server = createServer((socket) => {
    let received = 0;
    let length = 0;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      if (received === 0) length = data.indexOf("\r\n\r\n") + 4 + payload.length;
      received += data.length;
      if (received < length) return;
      received = 0;
      socket.write(response);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as { port: number }).port));
  process.on("disconnect", () => process.exit());
}

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "20000" },
      trials: { type: "string", default: "7" },
      concurrency: { type: "string", default: "64" },
    },
  });
  const [requests, trials, concurrency] = [values.requests, values.trials, values.concurrency].map(Number) as [
    number,
    number,
    number,
  ];
  const server = fork(import.meta.filename, ["serve"], { execArgv: process.execArgv });
  const [port] = (await once(server, "message")) as [number];
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/a2a`;
  const headers = { "content-type": "application/json" };
  const body = payload.toString();

  const pool = new Pool(origin, { connections: concurrency, pipelining: 1, allowH2: false });
  const dialer = createDialer({
    allowPrivateNetworks: true,
    clock: systemClock,
    log: silentLog,
    limits: { callsPerOrigin: concurrency },
  });
  const prepared = dialer.prepare(url);
  const limits = { timeoutMs: 29_000, maxResponseBytes: 1_000_000 };

  const cases: Record<string, () => Promise<number>> = {
    "undici pool.dispatch, bare handler": () =>
      new Promise((resolve, reject) => {
        let bytes = 0;
        pool.dispatch(
          { path: "/a2a", method: "POST", headers, body, headersTimeout: 0, bodyTimeout: 0 },
          {
            onRequestStart() {},
            onResponseStart() {},
            onResponseData(_, chunk) {
              bytes += chunk.length;
            },
            onResponseEnd: () => resolve(bytes),
            onResponseError: (_, error) => reject(error),
          },
        );
      }),
    "undici pool.request": async () => {
      const response = await pool.request({ path: "/a2a", method: "POST", headers, body });
      return (await response.body.arrayBuffer()).byteLength;
    },
    "undici pool.request, AbortSignal.timeout": async () => {
      const signal = AbortSignal.timeout(29_000);
      const response = await pool.request({ path: "/a2a", method: "POST", headers, body, signal });
      return (await response.body.arrayBuffer()).byteLength;
    },
    "dialer.send, prepared": async () =>
      (await dialer.send({ url: prepared, method: "POST", headers, body, ...limits }).response).body.length,
    "dialer.send, URL as text": async () =>
      (await dialer.send({ url, method: "POST", headers, body, ...limits }).response).body.length,
    "dialer.open, read to the end": async () => {
      const response = await dialer.open({ url: prepared, method: "POST", headers, body, ...limits }).response;
      let bytes = 0;
      for await (const chunk of response.body) bytes += chunk.length;
      return bytes;
    },
  };

  const results = new Map(
    Object.keys(cases).map((name) => [name, { cpuMicros: [] as number[], perSecond: [] as number[] }]),
  );
  for (let trial = -1; trial < trials; trial++) {
    for (const [name, call] of Object.entries(cases)) {
      const trialRequests = trial < 0 ? 2_000 : requests;
      const [cpu, began] = [process.cpuUsage(), performance.now()];
      await runAll(call, trialRequests, concurrency);
      const { user, system } = process.cpuUsage(cpu);
      if (trial < 0) continue;
      const result = results.get(name)!;
      result.cpuMicros.push((user + system) / trialRequests);
      result.perSecond.push((trialRequests / (performance.now() - began)) * 1000);
    }
  }
  server.disconnect();
  await Promise.all([pool.close(), dialer.close()]);

  const rows = [...results].map(([name, { cpuMicros, perSecond }]) => ({
    case: name,
    "CPU µs/request": round(median(cpuMicros), 1),
    range: `${round(Math.min(...cpuMicros), 1)}–${round(Math.max(...cpuMicros), 1)}`,
    "requests/s": round(median(perSecond), 0),
  }));
  console.table(rows);
  console.log(JSON.stringify({ bench: "dialer", node: process.version, requests, trials, concurrency, rows }));
}

async function runAll(call: () => Promise<number>, requests: number, concurrency: number): Promise<void> {
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      if ((await call()) !== payload.length) throw new Error("a response was cut short");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const round = (value: number, digits: number) => Number(value.toFixed(digits));

if (process.argv.includes("serve")) serve();
else await measure();
