import type { AgentFields } from "@agentgate/client";
import type { Agent, AgentFieldChange } from "@agentgate/protocol";
import { printChanges, tellApproval } from "../approval/tell-approval.ts";
import { commaList, dollars, duration, jsonList } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgent } from "../find-agent.ts";
import { showWebhookSecret } from "../webhooks/show-secret.ts";
import type { DefineCommand } from "./define-command.ts";
import { type Protocol, protocolOption, type Visibility, visibilityOption } from "./protocol-option.ts";

interface UpdateOptions {
  file?: string;
  name?: string;
  url?: string;
  description?: string;
  version?: string;
  tags?: string[];
  skills?: Record<string, unknown>[];
  price?: number;
  /** Seconds. */
  timeout?: number;
  webhookUrl?: string;
  agentApiKey?: string;
  protocol?: Protocol;
  visibility?: Visibility;
}

export const defineUpdate: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("--file <path>", "take every field from an agentgate.yaml; other options win over it")
    .option("--name <name>", "new name")
    .option("--url <url>", "where tasks are sent")
    .addOption(protocolOption("what it speaks; auto leaves that to the gateway"))
    .option("--description <text>", "what it is")
    .option("--version <version>", "new version")
    .option("--tags <list>", "comma-separated tags, instead of those it has", commaList)
    .option("--skills <json>", "skills as a JSON list, instead of those it has", jsonList)
    .option("--price <dollars>", "price per task; 0 makes it free", dollars)
    .option("--timeout <time>", "how long a task may take: 30, 90s or 5m", duration(1, 600))
    .addOption(visibilityOption("who sees it: everybody, its organization, or those that it is granted to as well"))
    .option("--webhook-url <url>", 'tell each completed task there; "" removes it')
    .option("--agent-api-key <key>", 'key that callers must show; "" removes it')
    .addHelpText(
      "after",
      examples(
        ["agentgate update my-agent --version 1.1.0", "change one field"],
        ["agentgate update my-agent --price 0.05 --tags demo,text", "or several"],
        ["agentgate update my-agent --file ./my-agent/", "all of them, from agentgate.yaml"],
      ),
    )
    .action(async (given: string, { file, ...options }: UpdateOptions) => {
      const fromFile = file === undefined ? {} : await fieldsOf(file);
      const changes: AgentFields = { ...fromFile, ...givenFields(options) };
      if (Object.keys(changes).length === 0) {
        throw new CliError("nothing_to_change", "Nothing to change was given", {
          hint: "For example: agentgate update my-agent --version 1.1.0",
          exitCode: 2,
        });
      }
      const client = await cli.client();
      const named = await findAgent(client, given);
      // By itself an MCP server tells more than where it is one of several.
      const before = named.protocol === "mcp" && named.trust === undefined ? await client.getAgent(named.id) : named;
      const agent = await client.updateAgent(before.id, changes);
      cli.output.result(agent, () => {
        const isHeld = agent.approval?.change === "pending";
        const differences = changesBetween(before, agent);
        cli.output.done(`${isHeld ? "Sent in" : "Updated"} ${agent.name} ${agent.version} (${agent.id})`);
        printChanges(cli.output, differences, before);
        // A key is never shown.
        const isAsBefore = differences.length === 0 && !isHeld && changes.agentApiKey === undefined;
        if (isAsBefore) cli.output.line("    It was so before");
        tellApproval(cli.output, agent);
        showWebhookSecret(cli.output, agent);
      });
    });

/** What says nothing of the agent itself, or is told beside. */
const beside = new Set(["updated_at", "approval", "pending", "rejected", "skipped", "webhook_secret"]);

function changesBetween(before: Agent, after: Agent): AgentFieldChange[] {
  const [old, now] = [before, after] as unknown as Record<string, unknown>[];
  const fields = [...new Set([...Object.keys(old!), ...Object.keys(now!)])].filter((field) => !beside.has(field));
  const isSame = (field: string) => JSON.stringify(old![field] ?? null) === JSON.stringify(now![field] ?? null);
  return fields
    .filter((field) => !isSame(field))
    .map((field) => ({
      field,
      ...((old![field] ?? null) !== null && { before: old![field] }),
      ...((now![field] ?? null) !== null && { after: now![field] }),
    }));
}

function givenFields({ price, timeout, ...options }: Omit<UpdateOptions, "file">): AgentFields {
  const { name, url, description, version, tags, skills, webhookUrl, agentApiKey, protocol, visibility } = options;
  const fields = {
    name,
    url,
    description,
    version,
    tags,
    skills,
    webhookUrl,
    agentApiKey,
    protocol,
    visibility,
    pricePerTask: price,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The owner of an agent cannot be changed, so `org_id` does not count. */
async function fieldsOf(path: string): Promise<AgentFields> {
  const [{ readAgentFile }, { parseAgentFile }, { readCard }] = await Promise.all([
    import("../agent-file/read-agent-file.ts"),
    import("../agent-file/parse-agent-file.ts"),
    import("../agent-file/read-card.ts"),
  ]);
  const file = await readAgentFile(path);
  const { command: _command, env: _env, ...agent } = parseAgentFile(file.path, file.text);
  const { orgId, cardPlace, ...fields } = agent;
  if (cardPlace === undefined) return fields;
  const card = await readCard(cardPlace, file.path);
  return { ...fields, ...(typeof card === "string" ? { cardUrl: card } : { card }) };
}
