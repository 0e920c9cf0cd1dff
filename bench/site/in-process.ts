// CPU time of one intent in process, without a network and without the handler's own work:
//   node --conditions=agentgate-source bench/site/in-process.ts [--calls 200000] [--trials 7]
import { parseArgs } from "node:util";
import { AgentApp, apiKey, none } from "@agentgate/site";
import { z } from "zod";
import { summarize } from "../harness/statistics.ts";

const { values } = parseArgs({
  options: { calls: { type: "string", default: "200000" }, trials: { type: "string", default: "7" } },
});
const [calls, trials] = [Number(values.calls), Number(values.trials)];

const app = (auth = none()) =>
  new AgentApp({ title: "Bench", auth, baseUrl: "https://bench.test" })
    .intent("nothing", { description: "Does nothing", handler: () => null })
    .intent("validated", {
      description: "Validates both ways with zod",
      input: z.object({ query: z.string(), max: z.int().default(10) }),
      output: z.array(z.object({ id: z.string(), price: z.number() })),
      handler: () => [{ id: "p1", price: 1 }],
    });

function exchangeOf(path: string) {
  const headers: Record<string, string> = {
    "x-agent-request": "true",
    "content-type": "application/json",
    "x-api-key": "k",
  };
  return () => ({
    method: "POST",
    path,
    native: undefined,
    header: (name: string) => headers[name],
    body: () => ({ value: { query: "tea" } }),
    onDisconnect: () => {},
  });
}

const open = app().handler();
const guarded = app(apiKey({ verify: () => "subject" })).handler();
const contenders = {
  "neutral core, no handler, no validation": { handler: open, exchange: exchangeOf("/agent/intents/nothing") },
  "with an API key": { handler: guarded, exchange: exchangeOf("/agent/intents/nothing") },
  "with zod in and out": { handler: open, exchange: exchangeOf("/agent/intents/validated") },
};

const figures: Record<string, number[]> = {};
for (let trial = -1; trial < trials; trial++) {
  for (const [name, { handler, exchange }] of Object.entries(contenders)) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) await handler.answer(exchange());
    const { user, system } = process.cpuUsage(before);
    if (trial >= 0) figures[name] = [...(figures[name] ?? []), (user + system) / calls];
  }
}
for (const [name, micros] of Object.entries(figures)) {
  const { median, min, max } = summarize(micros);
  console.log(`${name}: ${median.toFixed(2)} µs CPU per call (${min.toFixed(2)}–${max.toFixed(2)})`);
}
