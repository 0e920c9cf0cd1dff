import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@agentgate/testing";

const startMsMax = 150_000;
const stopMsMax = 10_000;

/** `npm start` of a built project, on a free port of loopback. */
export class FrameworkServer {
  readonly url: string;
  readonly #process: ChildProcess;
  #output = "";

  private constructor(directory: string, port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`;
    // A group of its own, so that npm's children end with it.
    this.#process = spawn("npm", ["start"], {
      cwd: directory,
      env: { ...env, PORT: String(port), HOST: "127.0.0.1" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-20_000);
    };
    this.#process.stdout?.on("data", keep);
    this.#process.stderr?.on("data", keep);
    process.once("exit", this.#kill);
  }

  /** @returns once it answers */
  static async start(directory: string, env: NodeJS.ProcessEnv): Promise<FrameworkServer> {
    const server = new FrameworkServer(directory, await freePort(), env);
    const deadline = Date.now() + startMsMax;
    while (!(await server.#answers())) {
      if (server.#process.exitCode !== null || Date.now() > deadline) {
        await server.stop();
        throw new Error(`npm start does not answer: ${server.output}`);
      }
      await sleep(100);
    }
    return server;
  }

  /** What it has written, to tell what went wrong. */
  get output(): string {
    return this.#output;
  }

  readonly fetch = (path: string, init?: RequestInit): Promise<Response> => fetch(this.url + path, init);

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#signal("SIGTERM");
    const patience = setTimeout(() => this.#signal("SIGKILL"), stopMsMax);
    await exited;
    clearTimeout(patience);
    this.#kill();
  }

  readonly #kill = () => {
    process.off("exit", this.#kill);
    this.#signal("SIGKILL");
  };

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#process.pid!, signal);
    } catch {
      // The group has ended already.
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await (await this.fetch("/")).text();
      return true;
    } catch {
      return false;
    }
  }
}
