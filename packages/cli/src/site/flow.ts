import { type DiscoveredSite, type FlowSession, SessionNotFoundError, SiteError } from "@agentgate/client";
import type { ManifestFlow } from "@agentgate/protocol/site";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { askInput, choose, EndOfAnswers } from "./ask-input.ts";
import { Prompter } from "./prompter.ts";
import { showValue } from "./show-value.ts";
import { describeSiteFailure } from "./site-failure.ts";
import { addSiteOptions, discoverSite, type SiteOptions } from "./site-options.ts";

interface FlowOptions extends SiteOptions {
  session?: string;
}

interface Done {
  readonly step: string;
  readonly input: unknown;
  readonly result: unknown;
}

/** What the walk through a flow needs to know of it. */
interface Walk {
  /** The steps that may be taken now; empty at the end. */
  allowed(): readonly string[];
  run(step: string, input: unknown): Promise<unknown>;
}

const leave = "(leave)";

export const defineFlow: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .argument("<url>", "the site")
    .argument("<flow>", "the flow to walk through")
    .option("--session <id>", "go on with a session")
    .addHelpText(
      "after",
      examples(
        ["agentgate flow myshop.com checkout", "asks for each step's arguments, until the flow is complete"],
        ["agentgate flow myshop.com checkout --session 550e8400-…", "goes on where it was left"],
        ["agentgate flow myshop.com checkout --json < answers.txt", "answers from a file, one a line"],
      ),
    )
    .action(async (address: string, name: string, options: FlowOptions) => {
      const site = await discoverSite(address, options, cli);
      const { orchestration, steps } = findFlow(site, name);
      if (orchestration === "client" && options.session !== undefined) {
        throw new CliError("usage", `The flow ${name} has no sessions: its steps are independent`, { exitCode: 2 });
      }
      const prompter = new Prompter(cli.output.json ? process.stderr : process.stdout);
      try {
        const session = orchestration === "server" ? await openSession(site, name, options.session) : undefined;
        if (session) prompter.say(`Session ${session.sessionId}`);
        const done: Done[] = [];
        try {
          await walk(session ? sessionWalk(session) : freeWalk(site, name, steps), steps, prompter, cli, done);
        } catch (error) {
          if (!(error instanceof EndOfAnswers)) throw error;
          throw unfinished(session, address, name);
        }
        const complete = session?.isComplete ?? true;
        const value = { ...(session && { session_id: session.sessionId }), steps: done, flow_complete: complete };
        cli.output.result(value, () => cli.output.line(session ? "The flow is complete." : ""));
      } finally {
        prompter.close();
      }
    });

const findFlow = (site: DiscoveredSite, name: string): ManifestFlow => {
  site.flow(name);
  return site.manifest.flows.find((flow) => flow.name === name)!;
};

const openSession = (site: DiscoveredSite, flow: string, id: string | undefined): Promise<FlowSession> =>
  id === undefined ? site.flow(flow).start() : site.flow(flow).resume(id);

const sessionWalk = (session: FlowSession): Walk => ({
  allowed: () => (session.isComplete ? [] : session.allowedNextSteps),
  run: (step, input) => session.step(step, input),
});

/** A client-orchestrated flow begins with its entry and may be left any time. */
function freeWalk(site: DiscoveredSite, flow: string, steps: ManifestFlow["steps"]): Walk {
  const operations = site.flow(flow).steps;
  let allowed = steps.filter(({ entry }) => entry).map(({ name }) => name);
  return {
    allowed: () => allowed,
    async run(step, input) {
      const result = await operations[step]!(input);
      const next = steps.find(({ name }) => name === step)?.next_steps ?? [];
      allowed = next.length > 0 ? [...next, leave] : [];
      return result;
    },
  };
}

async function walk(
  way: Walk,
  steps: ManifestFlow["steps"],
  prompter: Prompter,
  cli: Cli,
  done: Done[],
): Promise<void> {
  const known = new Map<string, unknown>();
  /** What was typed for a step that was refused then: it need not be typed again. */
  const refused = new Map<string, Record<string, unknown>>();
  for (let allowed = way.allowed(); allowed.length > 0; allowed = way.allowed()) {
    const name = await choose("Next step", allowed, prompter);
    if (name === leave) return;
    const step = steps.find((entry) => entry.name === name);
    prompter.say(`${name}${step?.description ? `: ${step.description}` : ""}`);
    const suggested = new Map([...known, ...Object.entries(refused.get(name) ?? {})]);
    const input = await askInput(step?.input_schema ?? {}, suggested, prompter);
    refused.set(name, input);
    if (step?.risk === "high" && !(await isConfirmed(name, prompter))) continue;
    try {
      const result = await way.run(name, input);
      done.push({ step: name, input, result });
      refused.delete(name);
      if (!cli.output.json) showValue(result, cli.output);
      for (const [key, value] of Object.entries(Object(result))) {
        if (typeof value !== "object") known.set(key, value);
      }
    } catch (error) {
      // A refusal is part of the conversation, except when the session itself is gone.
      if (!SiteError.isInstance(error) || SessionNotFoundError.isInstance(error) || error.status === 401) throw error;
      const { message, hint } = describeSiteFailure(error);
      for (const line of message.split("\n")) prompter.say(`  ${line}`);
      if (hint) prompter.say(`  ${hint}`);
    }
  }
}

async function isConfirmed(step: string, prompter: Prompter): Promise<boolean> {
  const answer = await prompter.ask(`${step} cannot be taken back. Go on? (y/N):`);
  if (answer === undefined) throw new EndOfAnswers();
  return /^y(es)?$/i.test(answer);
}

function unfinished(session: FlowSession | undefined, address: string, flow: string): CliError {
  const hint = session && `Go on with: agentgate flow ${address} ${flow} --session ${session.sessionId}`;
  return new CliError("unfinished", "The flow was left before its end", { ...(hint && { hint }) });
}
