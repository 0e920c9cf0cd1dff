import { AgentClient, type DiscoveredSite } from "@agentgate/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";

export interface SiteOptions {
  allowHttp?: boolean;
}

/** What every command that calls a site takes. */
export function addSiteOptions(command: Command): Command {
  return command
    .option("--allow-http", "allow plain HTTP to other machines")
    .addHelpText("after", "\nAGENTGATE_API_KEY is the gateway's and is never sent to a site.");
}

/** The site at an address as a person writes it. */
export function discoverSite(address: string, options: SiteOptions, cli: Cli): Promise<DiscoveredSite> {
  return siteClient(options, cli).discover(siteUrl(address));
}

function siteClient({ allowHttp = false }: SiteOptions, cli: Cli): AgentClient {
  const apiKey = cli.options.givenApiKey || process.env.AGENTGATE_SITE_KEY;
  return new AgentClient({ agentId: "agentgate-cli", allowHttp, ...(apiKey && { apiKey }) });
}

/** `myshop.com` is https, `localhost:8000` is http. */
export function siteUrl(address: string): string {
  if (/^https?:\/\//i.test(address)) return address;
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/i.test(address) ? "http" : "https";
  const url = `${scheme}://${address}`;
  if (/^[a-z]+:\/\//i.test(address) || !URL.canParse(url)) {
    throw new CliError("invalid_url", `"${address}" is not the address of a site`, {
      hint: "Write it like https://myshop.com, myshop.com or localhost:8000",
      exitCode: 2,
    });
  }
  return url;
}
