import { AgentClient, AgentGateError, type DiscoveredSite } from "@agentgate/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { withScheme } from "../with-scheme.ts";

export interface SiteOptions {
  allowHttp?: boolean;
}

/** What every command that calls a site takes. */
export function addSiteOptions(command: Command): Command {
  return command
    .option("--allow-http", "allow plain HTTP to other machines")
    .addHelpText("after", "\nAGENTGATE_API_KEY is the gateway's and is never sent to a site.");
}

/** The site at an address as a person writes it. @throws {@link CliError} also where a gateway, or the name of an agent, was taken for one */
export async function discoverSite(address: string, options: SiteOptions, cli: Cli): Promise<DiscoveredSite> {
  const url = siteUrl(address);
  try {
    return await siteClient(options, cli).discover(url);
  } catch (error) {
    if (!AgentGateError.isInstance(error)) throw error;
    if (error.code === "manifest_not_found" && (await isGateway(url))) throw gatewayAt(url);
    if (error.code === "network_error" && !/[:/]/.test(address)) throw nameOfAgent(address, error);
    throw error;
  }
}

/** Whether a gateway answers there. Many sites have a health page that looks like a gateway's, but hardly a list of agents as well. */
async function isGateway(url: string): Promise<boolean> {
  const [health, agents] = await Promise.all([read(new URL("/health", url)), read(new URL("/agents/?limit=1", url))]);
  return Array.isArray(agents) && health?.status === "ok" && typeof health.version === "string";
}

const ANSWER_CHARACTERS_MAX = 1_048_576;

/** What a page answers as JSON; nothing where it does not. */
async function read(page: URL): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = await fetch(page, { signal: AbortSignal.timeout(2_000), redirect: "error" });
    if (answer.ok) return JSON.parse(await beginningOf(answer));
  } catch {}
  return undefined;
}

/** As much of an answer as a gateway's may have. */
async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_CHARACTERS_MAX) break;
  }
  return text;
}

const gatewayAt = (url: string) =>
  new CliError("is_gateway", `${new URL(url).origin} is an AgentGate gateway, not a site`, {
    hint: `Its agents: agentgate list --server ${new URL(url).origin}`,
  });

const nameOfAgent = (name: string, { message }: AgentGateError) =>
  new CliError("network_error", message, {
    hint: `Is ${name} an agent of a gateway? Then: agentgate call --agent ${name} "Hello!"`,
  });

function siteClient({ allowHttp = false }: SiteOptions, cli: Cli): AgentClient {
  const apiKey = cli.options.givenApiKey || process.env.AGENTGATE_SITE_KEY;
  return new AgentClient({ agentId: "agentgate-cli", allowHttp, ...(apiKey && { apiKey }) });
}

/** The address of a site as a person writes it. @throws {@link CliError} usage */
export function siteUrl(address: string): string {
  const url = withScheme(address);
  if (url !== undefined) return url;
  throw new CliError("invalid_url", `"${address}" is not the address of a site`, {
    hint: "Write it like https://myshop.com, myshop.com or localhost:8000",
    exitCode: 2,
  });
}
