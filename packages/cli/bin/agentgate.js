#!/usr/bin/env node
// Starts the command on a Node.js that can run it. Plain JavaScript that even an old Node reads.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST = [22, 19];
/**
 * A small young generation, and one thread beside the main one that collects garbage and compiles. As V8 has it, the one grows to 64 MiB, and
 * four threads leave 8 MiB of malloc's memory unused; what this costs: bench/README.md.
 */
const SERVING = ["--max-semi-space-size=8", "--v8-pool-size=1"];

const here = dirname(fileURLToPath(import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  if (process.argv.includes("serve")) beginAgainToServe();
  await start();
} else {
  const bundled = process.env.AGENTGATE_NODE_FOUND ? undefined : bundledNode();
  if (bundled) {
    runWith(bundled);
  } else {
    console.error(
      `agentgate needs Node.js ${OLDEST.join(".")} or newer; this is ${process.versions.node} (${process.execPath}).`,
    );
    process.exitCode = 1;
  }
}

/** In place: the process stays the same, and takes 40 ms longer to start. What the operator has chosen stands. */
function beginAgainToServe() {
  const given = [...process.execArgv, process.env.NODE_OPTIONS].join(" ");
  const isPossible = process.platform !== "win32" && process.execve !== undefined && process.send === undefined;
  if (!isPossible || /max[-_]semi[-_]space[-_]size/.test(given)) return;
  process.execve(process.execPath, [process.execPath, ...SERVING, ...process.execArgv, ...process.argv.slice(1)]);
}

async function start() {
  // Compiled code is kept between runs: a start takes half as long. Not in /tmp, where others could put theirs.
  const cache = cacheDirectory();
  if (cache !== undefined) nodeModule.enableCompileCache(cache);
  const { main } = await (isCheckout() ? fromSource() : import("../dist/index.js"));
  await main();
}

/** A user whom the machine does not know, as in a container, has no home. */
function cacheDirectory() {
  try {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "agentgate");
  } catch {
    return undefined;
  }
}

/** A published package has no sources. */
function isCheckout() {
  return existsSync(join(here, "../src/index.ts"));
}

/** The workspace packages are taken from their sources too. */
function fromSource() {
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, "agentgate-source"] }),
  });
  return import("../src/index.ts");
}

/** The Node.js that `npm install` put beside this package, as in the project's own checkout. */
function bundledNode() {
  for (let directory = here; ; directory = dirname(directory)) {
    const node = join(directory, "node_modules/node/bin/node");
    if (existsSync(node)) return node;
    if (directory === dirname(directory)) return undefined;
  }
}

/**
 * Signals go to the child, and its end becomes this process' end. npm and npx may be ended without passing that on: the child sees this
 * process, not them.
 */
function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, AGENTGATE_NODE_FOUND: "1" },
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  if (process.env.npm_command) setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 250).unref();
  child.on("exit", (code, signal) => {
    for (const name of signals) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}
