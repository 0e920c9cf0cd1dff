import { text as readAll } from "node:stream/consumers";
import type { AgentGateClient, ChainStepFields } from "@agentgate/client";
import type { Chain, ChainRun, ChainTraceEntry } from "@agentgate/protocol";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { findChain } from "../find-chain.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const CHAIN_ARGUMENT = "its id, or its name";

const usedLike = examples(
  [
    "agentgate chains create brief --step translator='Translate: {input}' --step writer",
    "two agents, one after the other",
  ],
  ["agentgate chains run brief 'Guten Tag'", "tells each step as it ends"],
  [
    "agentgate chains run brief --idempotency-key monday < letter.txt",
    "a repetition answers the same, and costs nothing",
  ],
  ["agentgate chains update brief --step writer", "other steps"],
);

export const defineChains: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list"), cli);
  defineShow(command.command("show").argument("<chain>", CHAIN_ARGUMENT), cli);
  defineCreate(command.command("create").argument("<name>", "what it is called"), cli);
  defineUpdate(command.command("update").argument("<chain>", CHAIN_ARGUMENT), cli);
  defineRemove(command.command("delete").argument("<chain>", CHAIN_ARGUMENT), cli);
  defineRun(command.command("run").argument("<chain>", CHAIN_ARGUMENT).argument("[input]", "else standard input"), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

const defineList = (command: Command, cli: Cli) =>
  command.description("List chains, newest first").action(async () => {
    const chains = await (await cli.client()).listChains();
    cli.output.result(chains, () => {
      if (chains.length > 0) cli.output.table(chains, columns);
      else cli.output.line("No chains yet. Create one with `agentgate chains create NAME --step AGENT`.");
    });
  });

const columns: Column<Chain>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name, shrinks: true },
  { title: "steps", value: ({ steps }) => `${steps.length}`, align: "right" },
  { title: "description", value: ({ description }) => description, shrinks: true },
  { title: "changed", value: ({ updated_at }) => formatTime(updated_at) },
];

const defineShow = (command: Command, cli: Cli) =>
  command.description("Show a chain and its steps").action(async (given: string) => {
    const chain = await findChain(await cli.client(), given);
    cli.output.result(chain, () => {
      cli.output.fields([
        ["Id", chain.id],
        ["Name", chain.name],
        ...(chain.description ? [["Description", chain.description] as const] : []),
        ["Owner", chain.org_id ?? "the admin"],
        ["Changed", `${formatTime(chain.updated_at)} UTC`],
        ...chain.steps.map(
          ({ agent_id, input_template, has_agent_api_key }, index) =>
            [
              `Step ${index + 1}`,
              `${agent_id}${has_agent_api_key ? ", with a key" : ""}, told ${input_template ?? "{previous}"}`,
            ] as const,
        ),
      ]);
    });
  });

interface StepOptions {
  step?: string[];
  description?: string;
}

const withSteps = (command: Command) =>
  command
    .option(
      "--step <agent[=template]>",
      "an agent, by id or name, and what it is told; repeat it for each step",
      (given: string, before: string[] = []) => [...before, given],
    )
    .option("--description <text>", "what it is for");

const defineCreate = (command: Command, cli: Cli) =>
  withSteps(command.description("Create a chain"))
    .option("--org <org>", `whose it is (admin): ${ORG_ARGUMENT}`)
    .action(async (name: string, { step = [], description, org }: StepOptions & { org?: string }) => {
      if (step.length === 0) throw new CliError("invalid_options", "Give at least one --step", { exitCode: 2 });
      const client = await cli.client();
      const steps = await stepsOf(client, step);
      const orgId = org === undefined ? undefined : await findOrgId(client, org);
      const chain = await client.createChain(name, steps, { description, orgId });
      cli.output.result(chain, () => {
        cli.output.done(`Created ${chain.name}, ${counted(chain)}`);
        cli.output.fields([["Id", chain.id]]);
      });
    });

const defineUpdate = (command: Command, cli: Cli) =>
  withSteps(command.description("Change a chain; --step takes the place of all its steps"))
    .option("--name <name>", "what it is called from now on")
    .action(async (given: string, { step, ...changes }: StepOptions & { name?: string }) => {
      const client = await cli.client();
      const { id } = await findChain(client, given);
      const steps = step && (await stepsOf(client, step));
      const chain = await client.updateChain(id, { ...changes, steps });
      cli.output.result(chain, () => cli.output.done(`Changed ${chain.name}, ${counted(chain)}`));
    });

const counted = ({ steps }: Chain) => `${steps.length} ${steps.length === 1 ? "step" : "steps"}`;

/** `agent` or `agent=template`. */
async function stepsOf(client: AgentGateClient, given: readonly string[]): Promise<ChainStepFields[]> {
  const steps: ChainStepFields[] = [];
  for (const text of given) {
    const [, agent = "", template] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    steps.push({ agentId: await findAgentId(client, agent), inputTemplate: template });
  }
  return steps;
}

const defineRemove = (command: Command, cli: Cli) =>
  command
    .description("Delete a chain; its agents stay")
    .option("-y, --yes", "do not ask")
    .action(async (given: string, { yes }: { yes?: boolean }) => {
      const client = await cli.client();
      const chain = await findChain(client, given);
      await confirm(`Delete ${chain.name} (${chain.id})?`, yes);
      await client.deleteChain(chain.id);
      cli.output.result({ deleted: chain.id }, () => cli.output.done(`Deleted ${chain.name}`));
    });

const defineRun = (command: Command, cli: Cli) =>
  command
    .description("Run a chain")
    .option("--idempotency-key <key>", "a repetition with it answers the same, and costs nothing")
    .action(async (given: string, input: string | undefined, options: { idempotencyKey?: string }) => {
      const client = await cli.client();
      const { id } = await findChain(client, given);
      const text = input ?? (process.stdin.isTTY ? "" : (await readAll(process.stdin)).trimEnd());
      const run = await followed(client.streamChain(id, text, options), cli);
      cli.output.result(run, () => {
        if (run.status === "success") cli.output.text(run.final_output);
      });
      const last = run.trace.at(-1);
      if (run.status === "success") return;
      const reason = last?.status === "error" ? `Step ${last.step} failed: ${last.error}` : "The run failed";
      throw new CliError("chain_failed", reason);
    });

/** Tells each step as it ends, and gives the answer. */
async function followed(events: ReturnType<AgentGateClient["streamChain"]>, cli: Cli): Promise<ChainRun> {
  for await (const event of events) {
    if (event.type === "end") return event.run;
    if (event.entry.status !== "running") tell(event.entry, cli);
  }
  throw new CliError("stream_interrupted", "The run ended without an answer");
}

function tell({ step, agent_name, agent_id, status, latency_ms }: ChainTraceEntry, { output }: Cli): void {
  output.note(`step ${step}, ${agent_name || agent_id}: ${status} after ${latency_ms} ms`);
}
