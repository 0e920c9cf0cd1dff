import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentGateClient } from "@agentgate/client";
import type { Deployment, DeploymentStatus } from "@agentgate/protocol";
import type { AgentFile } from "../agent-file/agent-file.ts";
import { parseAgentFile } from "../agent-file/parse-agent-file.ts";
import { readAgentFile } from "../agent-file/read-agent-file.ts";
import { tellApproval } from "../approval/tell-approval.ts";
import { packDirectory } from "../archive/pack-directory.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { formatBytes } from "../output/format.ts";

const UPLOAD_MS = 120_000;
const LOOK_MS = 300;
/** What installing and starting may take together. */
const WAIT_MS = 600_000;
const LOG_LINES = 20;

/** Packs a directory, hands it to the gateway, and waits until the agent answers. */
export async function deployHosted(cli: Cli, given: string, { dryRun }: { dryRun: boolean }): Promise<void> {
  const { output } = cli;
  const file = await readAgentFile(given);
  const agent = parseAgentFile(file.path, file.text, { isHosted: true });
  if (agent.url !== undefined || agent.cardPlace !== undefined) {
    throw new CliError("agent_not_hosted", `${file.path} says where the agent is, so the gateway would not run it`, {
      hint: "Remove its url and card, or deploy without --host",
    });
  }
  const directory = (await stat(given)).isDirectory() ? given : dirname(given);
  const packed = await packDirectory(directory);
  const size = `${packed.files} files, ${formatBytes(packed.bytes)}; packed ${formatBytes(packed.archive.length)}`;
  if (dryRun) {
    const shown = { name: agent.name, files: packed.files, bytes: packed.bytes, archive_bytes: packed.archive.length };
    output.result(shown, () => output.line(`${file.path} is fine. It would upload ${agent.name}: ${size}`));
    return;
  }
  output.progress(`Uploading ${agent.name} (${size})`);
  const client = await cli.client();
  const archive = new Blob([packed.archive], { type: "application/gzip" });
  const deployed = await client.deployAgent(archive, {}, { timeoutMs: UPLOAD_MS });
  const status = await untilItRuns(cli, client, deployed);
  output.result({ ...deployed, ...status }, () => describe(cli, deployed, agent));
}

/** @throws {@link CliError} with the agent's last words when it does not come to run */
async function untilItRuns(cli: Cli, client: AgentGateClient, { id }: Deployment): Promise<DeploymentStatus> {
  const endsAt = Date.now() + WAIT_MS;
  let told = "";
  for (;;) {
    const status = await client.getDeployment(id);
    // The gateway has looked at what runs, and nothing of it is left to wait for.
    if (status.running && status.running_release === status.release) return status;
    const doing = status.running ? "replacing the one that runs" : status.status;
    if (doing !== told) cli.output.progress(`${doing[0]!.toUpperCase()}${doing.slice(1)}`);
    told = doing;
    if (status.detail !== null || Date.now() > endsAt) throw await failed(client, id, status);
    await sleep(LOOK_MS);
  }
}

async function failed(client: AgentGateClient, id: string, { detail, status, running }: DeploymentStatus) {
  const { logs } = await client.getDeploymentLogs(id, { tail: LOG_LINES });
  const outcome = running ? "It did not take the place of the one that runs" : "It does not run";
  const message = [`${outcome}: ${detail ?? `it is ${status} for too long`}`, ...logs.trimEnd().split("\n")];
  return new CliError("agent_not_running", message.join("\n"), { hint: `\`agentgate deploy logs ${id}\` shows more` });
}

function describe({ output }: Cli, deployed: Deployment, agent: AgentFile): void {
  output.done(`${deployed.name} ${deployed.version} runs`);
  output.fields([
    ["Id", deployed.id],
    ["Card", deployed.card_url],
    ["Tasks", `POST ${deployed.task_url}`],
  ]);
  tellApproval(output, { ...deployed, price_per_task: agent.pricePerTask ?? 0 });
  if (deployed.approval) return;
  if ((agent.pricePerTask ?? 0) > 0 || agent.agentApiKey) return;
  output.line("\nTry it:\n");
  output.line(`  agentgate call ${deployed.id} "Hello!"`);
  output.line(`  curl -s ${deployed.task_url} -H 'Content-Type: application/json' \\`);
  output.line(`    -d '{"message":{"parts":[{"type":"text","text":"Hello!"}]}}'`);
}
