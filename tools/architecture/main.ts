import { globSync } from "node:fs";
import { checkArchitecture, readSources } from "./check.ts";

const paths = globSync(
  ["packages/*/src/**/*.{ts,tsx}", "examples/**/*.ts", "bench/**/*.ts", "tests/**/*.ts", "tools/**/*.ts"],
  {
    exclude: (name) => name.includes("node_modules") || name.includes("dist"),
  },
);
const problems = checkArchitecture(readSources(paths));
for (const problem of problems) console.error(problem);
console.log(
  problems.length ? `architecture: ${problems.length} problems` : `architecture: ${paths.length} files, in order`,
);
process.exit(problems.length ? 1 : 0);
