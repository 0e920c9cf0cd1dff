// Type-checks every workspace package with its own tsconfig, then the tests and tools with the root one.
import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { dirname } from "node:path";

const projects = [".", ...globSync(["packages/*/package.json", "examples/*/package.json"]).map(dirname)].filter((dir) =>
  existsSync(`${dir}/tsconfig.json`),
);

const check = (dir: string) =>
  new Promise<boolean>((resolve) => {
    spawn("tsc", ["-p", dir, "--pretty"], { stdio: "inherit" }).on("close", (code) => resolve(code === 0));
  });

let ok = true;
for (const dir of projects) ok = (await check(dir)) && ok;
console.log(ok ? `typecheck: ${projects.length} projects, no errors` : "typecheck: failed");
process.exit(ok ? 0 : 1);
