// npm run bench -- [case…] [--trials 5] [--seconds 4] [--against <checkout>] [--json]
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./cases/index.ts";
import { describeMachine, shareCores } from "./harness/machine.ts";
import { renderCase, renderMachine } from "./harness/report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trials: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    against: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const known = cases.map(({ name }) => name);
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}
const chosen = cases.filter(
  ({ name, onDemand }) => positionals.includes(name) || (positionals.length === 0 && !onDemand),
);

const machine = describeMachine();
const cores = shareCores();
const context = {
  cores,
  trials: Number(values.trials),
  against: values.against === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", values.against),
  measuredMs: Number(values.seconds) * 1000,
  progress: (message: string) => process.stderr.write(`  ${message}\n`),
};
const results: Record<string, unknown> = {};
if (!values.json) console.log(renderMachine(machine));
for (const each of chosen) {
  process.stderr.write(`${each.name}\n`);
  const result = await each.run(context);
  results[each.name] = result;
  if (!values.json) console.log(renderCase(each, result));
}
if (values.json) console.log(JSON.stringify({ machine, ...context, cases: results }, null, 2));
