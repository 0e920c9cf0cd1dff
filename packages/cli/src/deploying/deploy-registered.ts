import type { AgentFields, AgentGateClient } from "@agentgate/client";
import type { Agent, NamedAgentHealth } from "@agentgate/protocol";
import { toFileFields } from "../agent-file/fields.ts";
import { parseAgentFile } from "../agent-file/parse-agent-file.ts";
import { readAgentFile } from "../agent-file/read-agent-file.ts";
import { type CardSource, readCard } from "../agent-file/read-card.ts";
import { tellApproval } from "../approval/tell-approval.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { Protocol, Visibility } from "../commands/protocol-option.ts";
import { formatDollars } from "../output/format.ts";
import { showWebhookSecret } from "../webhooks/show-secret.ts";
import { demandNew } from "./demand-new.ts";
import { tryItLines } from "./try-it.ts";
import { waitUntilHealthy, whyUnhealthy } from "./wait-until-healthy.ts";

export interface DeployOptions {
  dryRun?: boolean;
  protocol?: Protocol;
  visibility?: Visibility;
  /** Beside one of this name and version. */
  new?: boolean;
  /** Seconds until it has to be healthy; false not to wait. */
  wait: number | false;
}

/** Registers the agent of an `agentgate.yaml`, and waits until the gateway reaches it. */
export async function deployRegistered(cli: Cli, path: string, options: DeployOptions): Promise<void> {
  const { output } = cli;
  const { protocol, visibility } = options;
  const file = await readAgentFile(path);
  const agent = {
    ...parseAgentFile(file.path, file.text),
    ...(protocol && { protocol }),
    ...(visibility && { visibility }),
  };
  const { cardPlace, command: _command, env: _env, ...fields } = agent;
  const card = cardPlace === undefined ? undefined : await readCard(cardPlace, file.path);
  if (options.dryRun) {
    const shown = { ...toFileFields(agent), ...(agent.agentApiKey && { agent_api_key: "***" }) };
    output.result(shown, () => {
      output.line(`${file.path} is fine. It would register:`);
      output.fields(Object.entries(shown).map(([field, value]) => [field, describe(value)]));
    });
    return;
  }
  const client = await cli.client();
  const me = await client.me();
  if (!options.new) await demandNew(client, me.org_id ?? agent.orgId ?? null, fields, card, path);
  const registered = await register(client, fields, card);
  const health =
    options.wait === false || registered.approval ? undefined : await waitFor(cli, client, registered, options.wait);
  const addresses = addressesOf(cli, registered);
  const lines = registered.approval ? [] : await tryItLines(client, cli.options, me, registered);
  output.result({ ...registered, ...addresses, health: health?.status ?? null }, () => {
    output.done(`Registered ${registered.name} ${registered.version}`);
    output.fields(fieldsOf(registered, addresses, health));
    showWebhookSecret(output, registered);
    tellApproval(output, registered);
    if (lines.length === 0 || (health && health.status !== "healthy")) return;
    output.line("\nTry it:\n");
    for (const line of lines) output.line(line);
  });
  if (health && health.status !== "healthy") {
    throw new CliError(
      "agent_unhealthy",
      `It is registered, but the gateway does not reach it: ${whyUnhealthy(health)}`,
      {
        hint: `Start it; the gateway looks again by itself. What is wrong: agentgate doctor ${registered.id}`,
      },
    );
  }
}

async function waitFor(cli: Cli, client: AgentGateClient, { id, name, url }: Agent, seconds: number) {
  return cli.output.waiting(`Waiting until ${name} answers at ${url}`, () =>
    waitUntilHealthy(client, id, seconds * 1000),
  );
}

/** Without a card, the file was found to have a name and a URL, or the URL of something that tells its name. */
function register(client: AgentGateClient, fields: AgentFields, card: CardSource | undefined): Promise<Agent> {
  if (card !== undefined) return client.registerAgentByCard(card, fields);
  const { name, url = "", ...others } = fields;
  return client.registerAgent(name as string, url, others);
}

const addressesOf = ({ options }: Cli, { id }: Agent) => ({
  card_url: `${options.server}/agents/${id}/card`,
  task_url: `${options.server}/agents/${id}/task`,
});

function fieldsOf(
  agent: Agent,
  { card_url, task_url }: ReturnType<typeof addressesOf>,
  health: NamedAgentHealth | undefined,
): [string, string][] {
  const { id, url, protocol, skills, tags, price_per_task: price, visibility = "public", requires_key } = agent;
  const names = skills.map((skill) => skill.id ?? skill.name ?? "").filter(Boolean);
  return [
    ["Id", id],
    ["URL", url],
    ...(protocol ? [["Protocol", protocol] as [string, string]] : []),
    ...(names.length > 0 ? [["Skills", names.join(", ")] as [string, string]] : []),
    ...(tags.length > 0 ? [["Tags", tags.join(", ")] as [string, string]] : []),
    ["Price", price > 0 ? `${formatDollars(price)} per task` : "free"],
    ...(visibility === "public" ? [] : [["Seen by", visibility] as [string, string]]),
    ...(requires_key ? [["Key", "callers have to show the agent's own"] as [string, string]] : []),
    ...(health?.status === "healthy" ? [["Health", "healthy"] as [string, string]] : []),
    ["Card", card_url],
    ["Tasks", `POST ${task_url}`],
  ];
}

const describe = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
