import type { AgentGrant } from "@agentgate/protocol";
import type { Command } from "commander";
import { dollars, duration } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { findOrgId } from "../find-org.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatDollars, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const SECONDS_MAX = 315_360_000;
/** Only the admin finds others by their names. */
const ORG_ARGUMENT = "the organization's id; for the admin, its name too";

const usedLike = examples(
  ["agentgate agents grant my-agent <org-id> --price 0.02", "the organization may call it, at a price of its own"],
  ["agentgate agents grant my-agent <org-id> --discover --expires-in 30d", "it only sees it, for 30 days"],
  ["agentgate agents grants my-agent", "whom it is granted to"],
  ["agentgate agents revoke my-agent <org-id>", "take it back, within a second"],
  ['agentgate agents suspend my-agent --reason "It leaks"', "nobody calls it any more, within a second"],
  ["agentgate agents resume my-agent", "it is called again, as it was approved last"],
);

/** Whom agents are granted to, and what the admin decides of agents that were approved before. */
export const defineAgents: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  const ofAgent = (name: string) => command.command(name).argument("<agent>", AGENT_ARGUMENT);
  defineGrant(ofAgent("grant").argument("<org>", ORG_ARGUMENT), cli);
  defineGrants(ofAgent("grants"), cli);
  defineRevoke(ofAgent("revoke").argument("<org>", ORG_ARGUMENT), cli);
  defineSuspend(command.command("suspend").argument("<agent>", AGENT_ARGUMENT), cli);
  defineResume(command.command("resume").argument("<agent>", AGENT_ARGUMENT), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

interface GrantOptions {
  discover?: boolean;
  price?: number;
  expiresIn?: number;
}

const defineGrant = (command: Command, cli: Cli) =>
  command
    .description("Let an organization call an agent, or see it, that not everybody sees")
    .option("--discover", "it only sees the agent, and may not call it")
    .option("--price <dollars>", "what a task costs it, in place of the agent's own price", dollars)
    .option("--expires-in <time>", "when the grant ends: 90m, 12h or 30d from now", duration(1, SECONDS_MAX))
    .action(async (given: string, org: string, { discover, price, expiresIn }: GrantOptions) => {
      const client = await cli.client();
      const orgId = await findOrgId(client, org);
      const expiresAt = expiresIn === undefined ? null : new Date(Date.now() + expiresIn * 1000);
      const id = await findAgentId(client, given);
      const action = discover ? "discover" : "call";
      const grant = await client.setAgentGrant(id, orgId, action, { price: price ?? null, expiresAt });
      const { visibility } = await client.getAgent(id);
      cli.output.result(grant, () => {
        cli.output.done(`The organization ${org} may ${discover ? "see" : "call"} ${given}`);
        if (visibility === "org") cli.output.line(`While its visibility is org, it sees nothing of it: see ${HOW}`);
      });
    });

const HOW = "`agentgate update <agent> --visibility granted`";

const defineGrants = (command: Command, cli: Cli) =>
  command.description("Show whom an agent is granted to").action(async (given: string) => {
    const client = await cli.client();
    const id = await findAgentId(client, given);
    const grants: AgentGrant[] = [];
    let before: string | undefined;
    do {
      const page = await client.listAgentGrants(id, { limit: 500, ...(before !== undefined && { before }) });
      grants.push(...page.entries);
      before = page.next ?? undefined;
    } while (before !== undefined);
    cli.output.result(grants, () => {
      if (grants.length === 0) return cli.output.line("It is granted to no other organization.");
      cli.output.table(grants, grantColumns);
    });
  });

const grantColumns: Column<AgentGrant>[] = [
  { title: "Organization", value: ({ org_id }) => org_id },
  { title: "May", value: ({ actions }) => (actions.includes("call") ? "call" : "see") },
  { title: "Price", value: ({ price }) => (price === null ? "the agent's" : formatDollars(price)), align: "right" },
  { title: "Ends", value: ({ expires_at }) => (expires_at === null ? "never" : formatTime(expires_at)) },
];

const defineRevoke = (command: Command, cli: Cli) =>
  command.description("Take an agent back from an organization").action(async (given: string, org: string) => {
    const client = await cli.client();
    const orgId = await findOrgId(client, org);
    await client.deleteAgentGrant(await findAgentId(client, given), orgId);
    cli.output.result({ revoked: orgId }, () => cli.output.done(`Took ${given} back from ${org}`));
  });

const defineSuspend = (command: Command, cli: Cli) =>
  command
    .description("End an agent's calls, until it is resumed (admin)")
    .requiredOption("--reason <text>", "why; its owner is told")
    .action(async (given: string, { reason }: { reason: string }) => {
      const client = await cli.client();
      const agent = await client.suspendAgent(await findAgentId(client, given), reason);
      cli.output.result(agent, () => cli.output.done(`Suspended ${agent.name} (${agent.id})`));
    });

const defineResume = (command: Command, cli: Cli) =>
  command
    .description("Let a suspended agent be called again (admin)")
    .option("--reason <text>", "why; its owner is told")
    .action(async (given: string, { reason }: { reason?: string }) => {
      const client = await cli.client();
      const agent = await client.resumeAgent(await findAgentId(client, given), reason);
      cli.output.result(agent, () => cli.output.done(`Resumed ${agent.name} (${agent.id})`));
    });
