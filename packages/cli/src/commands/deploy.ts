import { duration } from "../arguments.ts";
import type { DeployOptions } from "../deploying/deploy-registered.ts";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineDeployActions } from "./deploy-actions.ts";
import { protocolOption, visibilityOption } from "./protocol-option.ts";

/** What an agent may take until the gateway reaches it. */
const WAIT_SECONDS = 30;

export const defineDeploy: DefineCommand = (command, cli) => {
  defineDeployActions(command, cli);
  command
    .argument("<path>", "directory with an agentgate.yaml, or the file itself")
    .addOption(protocolOption("what the agent speaks, whatever the file says"))
    .addOption(visibilityOption("who sees the agent, whatever the file says"))
    .option("--dry-run", "check the file and show what would be registered, without a gateway")
    .option("--new", "register another one beside the one of this name and version")
    .option("--wait <time>", "how long to wait until the gateway reaches it", duration(0, 3_600), WAIT_SECONDS)
    .option("--no-wait", "do not wait")
    .option("--host", "pack the directory, and have the gateway run it")
    .addHelpText("after", HELP)
    .action(async (path: string, { host, ...options }: DeployOptions & { host?: boolean }) => {
      if (host) {
        const { deployHosted } = await import("../deploying/deploy-hosted.ts");
        return deployHosted(cli, path, { dryRun: options.dryRun === true });
      }
      const { deployRegistered } = await import("../deploying/deploy-registered.ts");
      await deployRegistered(cli, path, options);
    });
};

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
  protocol: auto                          # or plain, a2a, mcp, site: what the agent speaks
  webhook_url: https://example.com/hook   # each completed task is told there
  agent_api_key: secret                   # callers of the agent must show it
  org_id: 5f2c…                           # the owner; for the admin only
Only name and url are needed; of an A2A agent neither, as its card tells them:
  card: https://example.com/my-agent/.well-known/agent-card.json   # or a file beside this one
What the file says wins over the card. A website with an agent manifest and an MCP server tell their names and skills themselves:
  site: https://myshop.com                # or mcp: https://example.com/mcp
  price_per_task: 0.05                    # of each call; at least the dearest of
  prices:
    checkout__place_order: 0.05
    search_products: 0

The owner's agent of the same name and version is not registered twice: change it with agentgate update, raise the version with agentgate
bump, or say --new. What the gateway does not reach within --wait stays registered, and the exit code is 1.

With --host the gateway runs the agent, and the file needs no url. It has, where there is no agent.ts, agent.mjs or agent.js beside it:
  command: node server.mjs                # a line for the shell, or a list
  env:                                    # no secrets: those are set by agentgate deploy secrets
    MODEL: small
What .agentgateignore names, else .gitignore, stays here, and so do node_modules, .git and .env.
${examples(
  ["agentgate deploy ./my-agent/", "register my-agent/agentgate.yaml"],
  ["agentgate deploy agentgate.yaml --dry-run", "check it first"],
  ["agentgate deploy . --json | jq -r .id", "the new agent's id"],
  ["agentgate deploy . --no-wait", "whether it runs already or not"],
  ["agentgate deploy ./my-agent/ --host", "have the gateway run it; again, to replace it without losing a call"],
  ["agentgate deploy secrets my-agent MODEL_KEY=sk-1", "set a secret of its environment"],
  ["agentgate deploy logs my-agent --follow", "what it writes"],
)}`;
