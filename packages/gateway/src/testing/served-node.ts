import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compileCache, programArguments } from "@agentgate/testing/programs";

/** A gateway in a process of its own, that can be killed. */
export interface ServedNode {
  url: string;
  child: ChildProcess;
  /** Resolves when the process has ended. */
  exited: Promise<unknown>;
}

/**
 * Starts a node with these settings; it listens on a free port.
 *
 * @param nodeOptions what Node.js is given beside
 */
export async function serveNode(env: Record<string, string>, nodeOptions: readonly string[] = []): Promise<ServedNode> {
  const program = programArguments(new URL("serve.ts", import.meta.url));
  const child = spawn(process.execPath, [...nodeOptions, ...program], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: compileCache(),
      AGENTGATE_PORT: "0",
      AGENTGATE_LOG_LEVEL: "silent",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout! });
  const [url] = await Promise.race([
    once(lines, "line"),
    exited.then(([code]) => Promise.reject(new Error(`the node ended with ${code}`))),
  ]);
  return { url, child, exited };
}
