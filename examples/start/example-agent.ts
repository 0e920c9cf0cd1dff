import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** An example agent running as a process of its own. */
export interface ExampleAgent {
  /** What its agentgate.yaml says, with the url it got. */
  registration: {
    name: string;
    description: string;
    version: string;
    skills: Record<string, unknown>[];
    tags: string[];
    url: string;
  };
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/** Starts `examples/<directory>/agent.ts` on a free port and waits until it listens. */
export async function startExampleAgent(directory: string, gatewayUrl: string): Promise<ExampleAgent> {
  const folder = new URL(`../${directory}/`, import.meta.url);
  // Its own process group: Ctrl-C reaches this process alone, which lets calls end before it stops the agents.
  const child = spawn(process.execPath, [fileURLToPath(new URL("agent.ts", folder))], {
    env: { ...process.env, PORT: "0", AGENTGATE_SERVER: gatewayUrl, AGENT_ENDS_WITH_PARENT: "1" },
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const url = await listeningUrl(child, directory);
  const settings = parse(readFileSync(new URL("agentgate.yaml", folder), "utf8"));
  return {
    registration: { ...settings, url },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function listeningUrl(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not start in time`)), START_TIMEOUT_MS);
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const url = /listens on (http:\S+)/.exec(line)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
