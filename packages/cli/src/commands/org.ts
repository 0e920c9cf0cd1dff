import { type AgentGateClient, GatewayError, type NewOrg, type OrgFields } from "@agentgate/client";
import { type Org, type Tier, tiers } from "@agentgate/protocol";
import { type Command, Option } from "commander";
import { dollars, positiveNumber, wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findOrgId, listAllOrgs, ME, ORG_ARGUMENT } from "../find-org.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatCount, formatDollars, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineEntries, defineHolds, defineLimits } from "./org-money.ts";

const usedLike = examples(
  ["agentgate org create acme", "prints the organization's key, this once"],
  ["agentgate org create acme --tier pro --json | jq -r .api_key", "for scripts"],
  ["agentgate org show", "the organization whose key is used"],
  ["agentgate org update --wallet-low 5", "be told when less than $5 is left"],
  ["agentgate org rotate-key", "a new key; then, using it: agentgate org rotate-key --confirm"],
);

export const defineOrg: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineCreate(command.command("create").argument("<name>", "a name that no other has"), cli);
  defineList(command.command("list"), cli);
  defineShow(command.command("show").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineUpdate(command.command("update").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineRotateKey(command.command("rotate-key").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineEntries(command.command("entries").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineHolds(command.command("holds").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineLimits(command.command("limits").argument("[org]", ORG_ARGUMENT, ME), cli);
  defineRemove(command.command("delete").argument("<org>", ORG_ARGUMENT), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

interface CreateOptions {
  key?: string;
  tier?: Tier;
  cost?: number;
  alert?: number;
  rateLimit?: number;
  rateBurst?: number;
}

const defineCreate = (command: Command, cli: Cli) =>
  command
    .description("Create an organization (admin)")
    .option("--key <key>", "its key, of 8 characters or more; without it one is made and shown once")
    .addOption(new Option("--tier <tier>", "its limits and fee").choices(tiers))
    .option("--cost <dollars>", "metered for each call of its own agents", dollars)
    .option("--alert <dollars>", "metered cost at which it is alerted", dollars)
    .option("--rate-limit <n>", "requests per second, instead of the tier's", positiveNumber)
    .option("--rate-burst <n>", "requests at once, instead of the tier's", wholeNumber(1, 1_000_000))
    .action(async (name: string, { key, cost, alert, ...limits }: CreateOptions) => {
      const client = await cli.client();
      const fields: NewOrg = { ...limits, apiKey: key, costPerInvocation: cost, billingAlertThreshold: alert };
      const org = await client.createOrg(name, fields);
      const { output } = cli;
      output.result(org, () => {
        output.done(`Created ${org.name}, ${org.tier} tier`);
        output.fields([["Id", org.id], ...(org.api_key ? [["Key", org.api_key] as const] : [])]);
        if (org.api_key) output.line("It is shown only now: keep it.");
      });
    });

const defineList = (command: Command, cli: Cli) =>
  command.description("List organizations, newest first (admin)").action(async () => {
    const orgs = await listAllOrgs(await cli.client());
    cli.output.result(orgs, () => {
      if (orgs.length === 0) cli.output.line("No organizations yet. Create one with `agentgate org create NAME`.");
      else cli.output.table(orgs, columns);
    });
  });

const columns: Column<Org>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name, shrinks: true },
  { title: "tier", value: ({ tier }) => tier },
  { title: "balance", value: ({ balance }) => formatDollars(balance), align: "right" },
  { title: "created", value: ({ created_at }) => formatTime(created_at) },
];

const defineShow = (command: Command, cli: Cli) =>
  command.description("Show an organization").action(async (given: string) => {
    const client = await cli.client();
    const org = await client.getOrg(await findOrgId(client, given));
    cli.output.result(org, () => showOrg(cli, org));
  });

const showOrg = ({ output }: Cli, org: Org): void =>
  output.fields([
    ["Id", org.id],
    ["Name", org.name],
    ["Tier", org.tier],
    ["Balance", formatDollars(org.balance)],
    ["Requests", `${formatCount(org.rate_limit)} per second, ${formatCount(org.rate_burst)} at once`],
    ["Metering", `${formatDollars(org.cost_per_invocation)} per call of its agents`],
    ["Alert", org.billing_alert_threshold === null ? "none" : `at ${formatDollars(org.billing_alert_threshold)}`],
    ...(org.wallet_low_threshold ? [["Low", `below ${formatDollars(org.wallet_low_threshold)}`] as const] : []),
    ["Created", `${formatTime(org.created_at)} UTC`],
  ]);

interface UpdateOptions {
  name?: string;
  tier?: Tier;
  cost?: number;
  alert?: number;
  walletLow?: number;
  rateLimit?: number;
  rateBurst?: number;
}

const defineUpdate = (command: Command, cli: Cli) =>
  command
    .description("Change an organization")
    .option("--name <name>", "a name that no other has")
    .addOption(new Option("--tier <tier>", "its limits and fee").choices(tiers))
    .option("--cost <dollars>", "metered for each call of its own agents", dollars)
    .option("--alert <dollars>", "metered cost at which it is alerted", dollars)
    .option("--wallet-low <dollars>", "what the wallet falls below when the webhook wallet.low is told", dollars)
    .option("--rate-limit <n>", "requests per second, instead of the tier's", positiveNumber)
    .option("--rate-burst <n>", "requests at once, instead of the tier's", wholeNumber(1, 1_000_000))
    .action(async (given: string, { cost, alert, walletLow, ...others }: UpdateOptions) => {
      const changes: OrgFields = {
        ...others,
        ...(cost !== undefined && { costPerInvocation: cost }),
        ...(alert !== undefined && { billingAlertThreshold: alert }),
        ...(walletLow !== undefined && { walletLowThreshold: walletLow }),
      };
      if (Object.keys(changes).length === 0) {
        throw new CliError("nothing_to_change", "Nothing to change was given", {
          hint: "For example: agentgate org update --wallet-low 5",
          exitCode: 2,
        });
      }
      const client = await cli.client();
      const org = await client.updateOrg(await findOrgId(client, given), changes);
      cli.output.result(org, () => {
        cli.output.done(`Updated ${org.name}`);
        showOrg(cli, org);
      });
    });

const defineRotateKey = (command: Command, cli: Cli) =>
  command
    .description("Make a new key; the old one works until --confirm")
    .option("--confirm", "end the old key; with the new one in use")
    .option("-y, --yes", "also when the key in use is the one that ends")
    .action(async (given: string, options: { confirm?: boolean; yes?: boolean }) => {
      const client = await cli.client();
      const id = await findOrgId(client, given);
      const { output } = cli;
      if (!options.yes) await demandOtherKey(client, id, options.confirm ? "old" : "new");
      if (options.confirm) {
        const confirmed = await client.confirmRotation(id);
        output.result(confirmed, () => output.done("The old key is dead"));
        return;
      }
      const rotation = await client.rotateKey(id);
      output.result(rotation, () => {
        output.fields([["New key", rotation.new_api_key]]);
        const confirmation = `agentgate org rotate-key ${given === ME ? "" : `${id} `}--confirm`;
        output.line(`It is shown only now. Both keys work until \`${confirmation}\` ends the old one.`);
        output.line("Run that with the new key: AGENTGATE_API_KEY=… in front of it.");
        if (rotation.ended_pending_key) {
          output.line("A rotation before was not confirmed: the key that it had made is dead.");
        }
      });
    });

const dies = {
  old: {
    message: "The key in use is the old one, which would be dead afterwards",
    hint: "Use the new one: AGENTGATE_API_KEY=… agentgate org rotate-key --confirm. To end the old one all the same: --yes",
  },
  new: {
    message: "The key in use comes from a rotation that is not confirmed; another one would end it",
    hint: "Confirm it first: agentgate org rotate-key --confirm. To end it all the same: --yes",
  },
};

/** @throws CliError when the key in use is on the side of a rotation that ends */
async function demandOtherKey(client: AgentGateClient, orgId: string, ending: "old" | "new"): Promise<void> {
  const own = await client.getMyOrg().catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return undefined;
    throw error;
  });
  if (own?.id === orgId && own.pending_rotation?.this_key === ending) {
    const { message, hint } = dies[ending];
    throw new CliError("key_in_use", message, { hint });
  }
}

const defineRemove = (command: Command, cli: Cli) =>
  command
    .description("Delete an organization; its agents stay (admin)")
    .option("-y, --yes", "do not ask")
    .option("--force", "also with money in its wallet, which is written off")
    .action(async (given: string, { yes, force }: { yes?: boolean; force?: boolean }) => {
      const client = await cli.client();
      const org = await client.getOrg(await findOrgId(client, given));
      await confirm(`Delete ${org.name} (${org.id}), with ${formatDollars(org.balance)}?`, yes);
      await client.deleteOrg(org.id, { ...(force && { force }) });
      cli.output.result({ deleted: org.id }, () => cli.output.done(`Deleted ${org.name}`));
    });
