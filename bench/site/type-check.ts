// How long TypeScript takes for a site of 500 intents and 50 flows, its contract and its client's use of it:
//   node bench/site/type-check.ts [--trials 5]
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { summarize } from "../harness/statistics.ts";

const { values } = parseArgs({ options: { trials: { type: "string", default: "5" } } });
const [intents, flows, steps] = [500, 50, 4];

const input = (i: number) =>
  `z.object({ query_${i}: z.string(), limit: z.int().default(${i}), tags: z.array(z.string()).optional() })`;
const output = "z.array(z.object({ id: z.string(), name: z.string(), price: z.number() }))";
const intentSource = (i: number) =>
  `  intent_${i}: intent({ description: "Intent number ${i}", input: ${input(i)}, output: ${output}, handler: ({ query_${i}, limit }) => [{ id: query_${i}, name: "x", price: limit }] }),`;
const stepSource = (flow: number, i: number) =>
  `  step_${i}: step({ ${i === 0 ? "entry: true" : `after: "step_${i - 1}"`}, description: "Step", input: ${input(flow * steps + i)}, output: ${output}, handler: () => [] }),`;
const range = (length: number) => Array.from({ length }, (_, i) => i);

const source = `import { AgentApp, flow, intent, none, step, type InferContract } from "@agentgate/site";
import { z } from "zod";
const intents = {
${range(intents).map(intentSource).join("\n")}
};
${range(flows)
  .map(
    (i) =>
      `const flow_${i} = flow("flow_${i}", { description: "Flow number ${i}", steps: {\n${range(steps)
        .map((s) => stepSource(i, s))
        .join("\n")}\n} });`,
  )
  .join("\n")}
export const app = new AgentApp({ title: "Big", auth: none(), intents, flows: { ${range(flows)
  .map((i) => `flow_${i}`)
  .join(", ")} } });
export type Contract = InferContract<typeof app>;
const call: Contract["intents"]["intent_499"]["input"] = { query_499: "x" };
const made: Contract["flows"]["flow_49"]["steps"]["step_3"]["output"] = [{ id: "1", name: "x", price: 1 }];
export const used = [call, made];
`;

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}node_modules/.agentgate-type-check`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/big.ts`, source);
writeFileSync(
  `${folder}/empty.ts`,
  'import { AgentApp } from "@agentgate/site";\nimport { z } from "zod";\nexport const used = [AgentApp, z];\n',
);
const project = (file: string) => {
  const path = `${folder}/tsconfig.${file}.json`;
  const compilerOptions = { lib: ["es2023", "webworker"], noEmit: true };
  writeFileSync(path, JSON.stringify({ extends: `${root}tsconfig.base.json`, compilerOptions, files: [`${file}.ts`] }));
  return path;
};
/** @returns milliseconds of CPU time and on the wall */
const check = (path: string): { cpu: number; wall: number } => {
  const started = performance.now();
  const timed = `TIMEFORMAT='%U %S'; time ${root}node_modules/.bin/tsc -p ${path}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", timed], { encoding: "utf8" });
  if (status !== 0) throw new Error(stdout);
  const [user = 0, system = 0] = stderr.trim().split(/\s+/).slice(-2).map(Number);
  return { cpu: (user + system) * 1000, wall: performance.now() - started };
};
const projects = {
  "the libraries alone": project("empty"),
  [`${intents} intents, ${flows} flows of ${steps} steps`]: project("big"),
};
for (const [name, path] of Object.entries(projects)) {
  const runs = range(Number(values.trials)).map(() => check(path));
  const [cpu, wall] = [summarize(runs.map((run) => run.cpu)), summarize(runs.map((run) => run.wall))];
  console.log(
    `${name}: ${cpu.median.toFixed(0)} ms CPU (${cpu.min.toFixed(0)}–${cpu.max.toFixed(0)}), ${wall.median.toFixed(0)} ms wall`,
  );
}
rmSync(folder, { recursive: true });
