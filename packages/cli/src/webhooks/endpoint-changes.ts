import type { WebhookEndpointFields } from "@agentgate/client";
import type { NewWebhookEndpoint } from "@agentgate/protocol";
import { type Command, Option } from "commander";
import { commaList } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";

type Described = Pick<WebhookEndpointFields, "events" | "description">;

const withFields = (command: Command) =>
  command
    .option("--events <events>", 'what it is told, such as task.failed,wallet.low; "" for everything', commaList)
    .option("--description <text>", "what it is for");

export const defineCreate = (command: Command, cli: Cli) =>
  withFields(command.description("Tell an address what happens; its secret is shown once"))
    .argument("<url>", "where it is told")
    .option("--org <org>", `whose it is (admin): ${ORG_ARGUMENT}`)
    .action(async (url: string, { org, ...fields }: Described & { org?: string }) => {
      const client = await cli.client();
      const orgId = org === undefined ? undefined : await findOrgId(client, org);
      tellSecret(await client.createWebhookEndpoint(url, { ...fields, orgId }), `${url} is told from now on`, cli);
    });

export const defineUpdate = (command: Command, cli: Cli) =>
  withFields(command.description("Change an endpoint; its secret stays"))
    .argument("<endpoint>", "its id")
    .option("--url <url>", "where it is told from now on")
    .addOption(
      new Option("--status <status>", "enabled tells one again that was disabled").choices(["enabled", "disabled"]),
    )
    .action(async (id: string, { url, events, description, status }: WebhookEndpointFields) => {
      const changes = { url, events, description, status };
      if (Object.values(changes).every((value) => value === undefined)) {
        throw new CliError("nothing_to_change", "Nothing to change was given", {
          hint: `For example: agentgate webhooks update ${id} --status enabled`,
          exitCode: 2,
        });
      }
      const endpoint = await (await cli.client()).updateWebhookEndpoint(id, changes);
      cli.output.result(endpoint, () => {
        cli.output.done(`Changed ${endpoint.url} (${endpoint.id})`);
        cli.output.fields([
          ["Events", endpoint.events.join(", ") || "all"],
          ["Status", endpoint.status],
          ...(endpoint.description ? [["Description", endpoint.description] as const] : []),
        ]);
      });
    });

export const defineRotateSecret = (command: Command, cli: Cli) =>
  command
    .description("Give an endpoint a new secret; the one before signs beside it for a day")
    .argument("<endpoint>", "its id; of an agent's webhook_url, the agent's")
    .action(async (id: string) => {
      const endpoint = await (await cli.client()).rotateWebhookSecret(id);
      tellSecret(endpoint, `A new secret signs what ${endpoint.url} is told; the one before, beside it for a day`, cli);
    });

export const defineRemove = (command: Command, cli: Cli) =>
  command
    .description("Delete an endpoint; what still waits for it is not told")
    .argument("<endpoint>", "its id")
    .option("-y, --yes", "do not ask")
    .action(async (id: string, { yes }: { yes?: boolean }) => {
      const client = await cli.client();
      const { url } = await client.getWebhookEndpoint(id);
      await confirm(`Delete the endpoint ${url} (${id})?`, yes);
      await client.deleteWebhookEndpoint(id);
      cli.output.result({ deleted: id }, () => cli.output.done(`${url} is told no more`));
    });

function tellSecret(endpoint: NewWebhookEndpoint, done: string, { output }: Cli): void {
  output.result(endpoint, () => {
    output.done(done);
    output.fields([
      ["Id", endpoint.id],
      ["Secret", endpoint.secret],
    ]);
    output.line("The secret is shown only now; your receiver checks signatures with it.");
  });
}
