import type { AgentFields, AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import type { CardSource } from "../agent-file/read-card.ts";
import { tellApproval } from "../approval/tell-approval.ts";
import { examples } from "../examples.ts";
import { formatDollars } from "../output/format.ts";
import { showWebhookSecret } from "../webhooks/show-secret.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineDeployActions } from "./deploy-actions.ts";
import { type Protocol, protocolOption, type Visibility, visibilityOption } from "./protocol-option.ts";

interface DeployOptions {
  dryRun?: boolean;
  host?: boolean;
  protocol?: Protocol;
  visibility?: Visibility;
}

export const defineDeploy: DefineCommand = (command, cli) => {
  defineDeployActions(command, cli);
  command
    .argument("<path>", "directory with an agentgate.yaml, or the file itself")
    .addOption(protocolOption("what the agent speaks, whatever the file says"))
    .addOption(visibilityOption("who sees the agent, whatever the file says"))
    .option("--dry-run", "check the file and show what would be registered, without a gateway")
    .option("--host", "pack the directory, and have the gateway run it")
    .addHelpText("after", HELP)
    .action(async (path: string, { dryRun, host, protocol, visibility }: DeployOptions) => {
      if (host) {
        const { deployHosted } = await import("./deploy-hosted.ts");
        return deployHosted(cli, path, { dryRun: dryRun === true });
      }
      const [{ readAgentFile }, { parseAgentFile }, { toFileFields }, { readCard }] = await Promise.all([
        import("../agent-file/read-agent-file.ts"),
        import("../agent-file/parse-agent-file.ts"),
        import("../agent-file/fields.ts"),
        import("../agent-file/read-card.ts"),
      ]);
      const file = await readAgentFile(path);
      const said = { ...(protocol && { protocol }), ...(visibility && { visibility }) };
      const agent = { ...parseAgentFile(file.path, file.text), ...said };
      const { cardPlace, command: _command, env: _env, ...fields } = agent;
      const card = cardPlace === undefined ? undefined : await readCard(cardPlace, file.path);
      if (dryRun) {
        const shown = { ...toFileFields(agent), ...(agent.agentApiKey && { agent_api_key: "***" }) };
        cli.output.result(shown, () => {
          cli.output.line(`${file.path} is fine. It would register:`);
          cli.output.fields(Object.entries(shown).map(([field, value]) => [field, describe(value)]));
        });
        return;
      }
      const client = await cli.client();
      const registered = await register(client, fields, card);
      cli.output.result(registered, () => {
        const { output } = cli;
        output.done(`Registered ${registered.name} ${registered.version}`);
        const address = `${cli.options.server.replace(/\/+$/, "")}/agents/${registered.id}/task`;
        output.fields(fieldsOf(registered, address));
        showWebhookSecret(output, registered);
        tellApproval(output, registered);
        if (registered.approval) return;
        if (registered.price_per_task > 0 || agent.agentApiKey) return;
        output.line("\nTry it:\n");
        output.line(`  curl -s ${address} -H 'Content-Type: application/json' \\`);
        output.line(`    -d '{"message":{"parts":[{"type":"text","text":"Hello!"}]}}'`);
      });
    });
};

/** Without a card, the file was found to have a name and a URL. */
function register(client: AgentGateClient, fields: AgentFields, card: CardSource | undefined): Promise<Agent> {
  if (card !== undefined) return client.registerAgentByCard(card, fields);
  const { name = "", url = "", ...others } = fields;
  return client.registerAgent(name, url, others);
}

const HELP = `
The file:
  name: my-agent
  url: https://example.com/my-agent       # where tasks are sent
  description: My awesome AI agent
  version: 1.0.0
  skills:
    - id: chat
      name: Chat
  tags: [demo]
  price_per_task: 0.05                    # US dollars; 0 is free
  protocol: auto                          # or plain, or a2a: what the agent speaks
  webhook_url: https://example.com/hook   # each completed task is told there
  agent_api_key: secret                   # callers of the agent must show it
  org_id: 5f2c…                           # the owner; for the admin only
Only name and url are needed; of an A2A agent neither, as its card tells them:
  card: https://example.com/my-agent/.well-known/agent-card.json   # or a file beside this one
What the file says wins over the card.

With --host the gateway runs the agent, and the file needs no url. It has, where there is no agent.ts, agent.mjs or agent.js beside it:
  command: node server.mjs                # a line for the shell, or a list
  env:                                    # no secrets: those are set by agentgate deploy secrets
    MODEL: small
What .agentgateignore names, else .gitignore, stays here, and so do node_modules, .git and .env.
${examples(
  ["agentgate deploy ./my-agent/", "register my-agent/agentgate.yaml"],
  ["agentgate deploy agentgate.yaml --dry-run", "check it first"],
  ["agentgate deploy . --json | jq -r .id", "the new agent's id"],
  ["agentgate deploy ./my-agent/ --host", "have the gateway run it; again, to replace it without losing a call"],
  ["agentgate deploy secrets my-agent MODEL_KEY=sk-1", "set a secret of its environment"],
  ["agentgate deploy logs my-agent --follow", "what it writes"],
)}`;

const fieldsOf = (agent: Agent, address: string): [string, string][] => [
  ["Id", agent.id],
  ["URL", agent.url],
  ["Price", agent.price_per_task > 0 ? `${formatDollars(agent.price_per_task)} per task` : "free"],
  ["Tasks", `POST ${address}`],
];

const describe = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
