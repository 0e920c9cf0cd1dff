import type { AgentGateClient } from "@agentgate/client";
import type { Agent, AgentApprovalEntry, AgentProposal } from "@agentgate/protocol";
import { type Command, Option } from "commander";
import { printChanges } from "../approval/tell-approval.ts";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatTime } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const AGENT_ARGUMENT = "the agent's id, or its name";

const usedLike = examples(
  ["agentgate approvals", "what waits, newest first"],
  ["agentgate approvals show my-agent", "what would change"],
  ["agentgate approvals approve my-agent", "shows that, and asks"],
  ["agentgate approvals approve my-agent --expected VERSION", "for scripts: just what they have looked at"],
  ['agentgate approvals reject my-agent --reason "Too dear"', "its owner is told why"],
);

/** What waits until the admin has looked at it. */
export const defineApprovals: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list", { isDefault: true }), cli);
  defineShow(command.command("show").argument("<agent>", AGENT_ARGUMENT), cli);
  defineApprove(command.command("approve").argument("<agent>", AGENT_ARGUMENT), cli);
  defineReject(command.command("reject").argument("<agent>", AGENT_ARGUMENT), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

interface ListOptions {
  state?: "pending" | "rejected" | "suspended";
  limit: number;
}

const defineList = (command: Command, cli: Cli) =>
  command
    .description("List what waits, was refused or is suspended (admin)")
    .addOption(new Option("--state <state>", "by default what waits").choices(["pending", "rejected", "suspended"]))
    .option("--limit <n>", "most entries to show", wholeNumber(1, 500), 50)
    .action(async ({ state, limit }: ListOptions) => {
      const page = await (await cli.client()).listApprovals({ state, limit });
      cli.output.result(page, () => {
        if (page.entries.length > 0) cli.output.table(page.entries, columns);
        else cli.output.line(state ? `Nothing is ${state}.` : "Nothing waits for approval.");
        if (page.next !== null) cli.output.note("There is more: --limit shows more at once");
      });
    });

const columns: Column<AgentApprovalEntry>[] = [
  { title: "agent", value: ({ agent_id }) => agent_id },
  { title: "name", value: ({ agent_name }) => agent_name, shrinks: true },
  { title: "what", value: ({ kind, state }) => (kind === "change" ? "a change" : state === "pending" ? "new" : state) },
  { title: "since", value: ({ since }) => formatTime(since) },
  { title: "changes", value: ({ kind, changes }) => (kind === "agent" ? "" : fieldsOf(changes)), shrinks: true },
  { title: "reason", value: ({ reason }) => reason ?? "", shrinks: true },
];

const fieldsOf = (changes: AgentApprovalEntry["changes"]): string => changes.map(({ field }) => field).join(", ");

const defineShow = (command: Command, cli: Cli) =>
  command.description("Show what waits, and what would change (admin)").action(async (given: string) => {
    const agent = await agentOf(await cli.client(), given);
    cli.output.result(agent, () => show(cli, agent));
  });

interface DecideOptions {
  expected?: string;
  reason?: string;
  yes?: boolean;
}

const defineApprove = (command: Command, cli: Cli) =>
  command
    .description("Let what waits take effect (admin)")
    .option("--expected <version>", "only this, as it was shown")
    .option("--reason <text>", "why; its owner is told")
    .option("-y, --yes", "do not ask: whatever waits now")
    .action(async (given: string, { expected, reason, yes }: DecideOptions) => {
      const client = await cli.client();
      const agent = await agentOf(client, given);
      let version = expected;
      if (version === undefined) {
        version = demandProposal(agent).version;
        if (!cli.output.json) show(cli, agent);
        await confirm(`Approve that of ${agent.name}?`, yes, { doing: "Approving", done: "approved" });
      }
      const approved = await client.approveAgent(agent.id, version, reason);
      cli.output.result(approved, () => cli.output.done(`Approved ${approved.name} (${approved.id})`));
    });

const defineReject = (command: Command, cli: Cli) =>
  command
    .description("Refuse what waits (admin)")
    .requiredOption("--reason <text>", "why; its owner is told")
    .option("--expected <version>", "only this, as it was shown")
    .action(async (given: string, { expected, reason }: DecideOptions & { reason: string }) => {
      const client = await cli.client();
      const agent = await client.rejectAgent(await findAgentId(client, given), reason, expected);
      cli.output.result(agent, () => cli.output.done(`Refused what waited of ${agent.name} (${agent.id})`));
    });

/** As it is by itself: lists do not show what waits. */
const agentOf = async (client: AgentGateClient, given: string): Promise<Agent> =>
  client.getAgent(await findAgentId(client, given));

const proposalOf = ({ pending, rejected }: Agent): AgentProposal | undefined => pending ?? rejected;

function demandProposal(agent: Agent): AgentProposal {
  const proposal = proposalOf(agent);
  if (proposal) return proposal;
  throw new CliError("nothing_waits", `Nothing of ${agent.name} waits for approval`);
}

function show({ output }: Cli, agent: Agent): void {
  const { approval } = agent;
  const proposal = proposalOf(agent);
  output.fields([
    ["Agent", `${agent.name} (${agent.id})`],
    ["Owner", agent.org_id ?? "none"],
    ["State", approval?.state ?? "approved"],
    ...(approval?.reason ? [["Reason", approval.reason] as const] : []),
    ...(proposal ? [["Version", proposal.version] as const, ["Since", formatTime(proposal.since)] as const] : []),
  ]);
  if (!proposal) {
    output.line("Nothing waits.");
    return;
  }
  if (agent.rejected) output.line(`Refused: ${printable(proposal.reason ?? "")}`);
  output.line(proposal.kind === "agent" ? "A new agent:" : "A change:");
  printChanges(output, proposal.changes, agent);
}
