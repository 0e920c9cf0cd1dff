import { basename, dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import type { AgentFile } from "../agent-file/agent-file.ts";
import { parseAgentFile } from "../agent-file/parse-agent-file.ts";
import { readAgentFile } from "../agent-file/read-agent-file.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { describeFailure } from "../failure.ts";
import { atSignals, INTERRUPTED } from "../interrupted.ts";
import { followCalls, showCall } from "../logs/follow-calls.ts";
import { printable } from "../output/printable.ts";
import { AgentProcess, startCommandOf } from "./agent-process.ts";
import { answers, localAddressOf } from "./local-address.ts";
import { Registration } from "./registration.ts";
import { watchFiles } from "./watch-files.ts";

const START_MS = 60_000;
const LOOK_MS = 150;

export interface DevOptions {
  name?: string;
  keep?: boolean;
  /** Absent unless it is false. */
  watch?: boolean;
}

/** Runs an agent, registers it, shows its calls and restarts it when its files change, until Ctrl-C. */
export async function develop(cli: Cli, given: string, options: DevOptions): Promise<void> {
  const { path } = await readAgentFile(given);
  const client = await cli.client();
  // What is wrong with gateway or key is told before anything starts.
  await client.me();
  const file = await read(path);
  const directory = dirname(resolve(path));
  const command = startCommandOf(directory, file.command);
  if (command === undefined) {
    throw new CliError("command_missing", `Nothing says how the agent of ${path} is started`, {
      hint: "Add a line such as: command: node server.mjs. Without one it is agent.ts, agent.mjs or agent.js",
    });
  }
  const { port, origin } = await localAddressOf(file);
  const registration = new Registration(client, path, origin, options.name);
  const stopped = new AbortController();
  const say: Say = (event, text, data) => {
    if (cli.output.json) cli.output.value({ event, data });
    else if (text !== undefined) cli.output.line(text);
  };
  const env = { ...withoutGatewayKeys(process.env), ...stringsOf(file.env), PORT: `${port}`, AGENT_URL: origin };
  const agentProcess = new AgentProcess(command, { cwd: directory, env }, (why) => {
    cli.output.note(`the agent has ended (${why}); it is started again when a file changes`);
    say("ended", undefined, { why });
  });
  const session = new Session(cli, client, registration, agentProcess, origin, stopped.signal, say);

  const end = new Promise<void>((finish) => {
    atSignals(["SIGINT", "SIGTERM", "SIGHUP"], finish, () => leaveAtOnce(cli, registration, agentProcess));
  }).then(() => stopped.abort());
  let work = session.begin(file);
  const stopWatching =
    options.watch !== false
      ? watchFiles(directory, (files) => {
          // One after the other, however quickly they are saved.
          work = work.then(() => session.renew(files, path));
        })
      : () => {};
  try {
    await Promise.race([end, work.then(() => end)]);
  } finally {
    stopWatching();
    stopped.abort();
    await work.catch(() => {});
    await agentProcess.stop();
    await leave(cli, registration, options.keep === true, say);
  }
}

/** Tells people a text, if any, and programs the event. */
type Say = (event: string, text: string | undefined, data: unknown) => void;

/** One run of `agentgate dev`. */
class Session {
  readonly #cli: Cli;
  readonly #client: AgentGateClient;
  readonly #registration: Registration;
  readonly #process: AgentProcess;
  readonly #origin: string;
  readonly #signal: AbortSignal;
  readonly #say: Say;
  #isFollowing = false;

  constructor(
    cli: Cli,
    client: AgentGateClient,
    registration: Registration,
    agentProcess: AgentProcess,
    origin: string,
    signal: AbortSignal,
    say: Say,
  ) {
    [this.#cli, this.#client, this.#registration, this.#process] = [cli, client, registration, agentProcess];
    [this.#origin, this.#signal, this.#say] = [origin, signal, say];
  }

  /** @throws CliError when something else is there, or the gateway does not take the agent */
  async begin(file: AgentFile): Promise<void> {
    if (await answers(this.#origin, this.#signal)) {
      throw new CliError("port_taken", `Something answers at ${this.#origin} already`, {
        hint: "End it, or give url in agentgate.yaml another port",
      });
    }
    this.#process.start();
    await this.#register(file);
  }

  /** Starts the agent anew. What is wrong is told, and waits for the next change. */
  async renew(files: readonly string[], path: string): Promise<void> {
    if (this.#signal.aborted) return;
    try {
      const file = await read(path);
      await this.#process.stop();
      if (this.#signal.aborted) return;
      this.#process.start();
      const isTold = files.includes(basename(path)) || this.#registration.agent === undefined;
      if (isTold) await this.#register(file);
      else if (!(await this.#untilAnswering())) return;
      this.#say("restarted", `Restarted: ${printable(files.slice(0, 3).join(", "))} changed`, { files });
    } catch (error) {
      if (!this.#signal.aborted) this.#cli.output.fail(describeFailure(error, undefined));
    }
  }

  async #register(file: AgentFile): Promise<void> {
    if (!(await this.#untilAnswering())) return;
    const isNew = this.#registration.agent === undefined;
    const agent = await this.#registration.follow(file);
    if (isNew) this.#introduce(agent);
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    void this.#follow(agent);
  }

  #introduce(agent: Agent): void {
    const { output, options } = this.#cli;
    this.#say("registered", undefined, agent);
    if (output.json) return;
    output.done(`${agent.name} ${agent.version} runs at ${this.#origin}, and is registered`);
    output.fields([
      ["Id", agent.id],
      ["Card", `${options.server}/agents/${agent.id}/card`],
      ["Try it", `agentgate call ${agent.id} ${wordsFor(agent)}`],
    ]);
    output.line("Its calls come below. Ctrl-C ends it.");
  }

  async #follow({ id }: Agent): Promise<void> {
    const { output } = this.#cli;
    try {
      await followCalls(this.#client, { agentId: id, signal: this.#signal }, (call) =>
        output.json ? this.#say("call", undefined, call) : showCall(output, call, false),
      );
    } catch (error) {
      if (!this.#signal.aborted) output.fail(describeFailure(error, undefined));
    }
  }

  /** False where it has ended, or takes too long: that was told. */
  async #untilAnswering(): Promise<boolean> {
    const endsAt = Date.now() + START_MS;
    while (!this.#signal.aborted && this.#process.isRunning) {
      if (await answers(this.#origin, this.#signal)) return true;
      if (Date.now() > endsAt) {
        this.#cli.output.note(
          `the agent does not answer at ${this.#origin}. Does it listen on the port that PORT says?`,
        );
        return false;
      }
      await sleep(LOOK_MS);
    }
    return false;
  }
}

/** Of tools it is known what they are called, and not what they take. */
function wordsFor({ protocol, skills }: Agent): string {
  if (protocol !== "mcp" && protocol !== "site") return '"Hello!"';
  return `${skills[0]?.id ?? "TOOL"} name=value`;
}

async function leave({ output }: Cli, registration: Registration, keeps: boolean, say: Say): Promise<void> {
  const { agent } = registration;
  if (!agent) return;
  if (keeps) return say("kept", `\n${printable(agent.name)} stays registered (${agent.id}).`, { id: agent.id });
  try {
    await registration.remove();
    say("unregistered", `\n${printable(agent.name)} is stopped, and off the gateway.`, { id: agent.id });
  } catch (error) {
    output.fail(describeFailure(error, undefined));
    output.note(`it is still registered: agentgate delete ${agent.id}`);
  }
}

/** For whoever does not want to wait: the agent is a group of its own, which would live on. */
function leaveAtOnce({ output }: Cli, { agent }: Registration, agentProcess: AgentProcess): never {
  agentProcess.kill();
  if (agent) output.note(`${agent.name} may be registered still: agentgate delete ${agent.id}`);
  process.exit(INTERRUPTED);
}

/** As the gateway reads the file of an agent that it runs: the address is not needed. */
async function read(path: string): Promise<AgentFile> {
  const { text } = await readAgentFile(path);
  return parseAgentFile(path, text, { isHosted: true });
}

/** The agent's program is none of the gateway's: what opens that is handed to no agent, unless its file says so. */
function withoutGatewayKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { AGENTGATE_API_KEY: _, AGENTGATE_SECRET_KEY: __, ...rest } = env;
  return rest;
}

const stringsOf = (env: AgentFile["env"] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, `${value}`]));
