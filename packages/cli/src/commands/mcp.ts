import { Option } from "commander";
import { commaList } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

interface McpOptions {
  agent?: string;
  agents?: string[];
  tools?: string[];
  readOnly?: boolean;
}

export const defineMcp: DefineCommand = (command, cli) =>
  command
    .description("Serve the gateway's agents as MCP tools on standard input and output")
    .option("--agent <agent>", "one agent alone, by its id or name: its tools under their own names")
    .addOption(new Option("--agents <list>", "tools of these agents alone, by id or slug").argParser(commaList))
    .addOption(new Option("--tools <list>", "these tools alone").argParser(commaList))
    .option("--read-only", "only tools that change nothing")
    .addHelpText(
      "after",
      examples(
        ["agentgate mcp", "for a client that starts programs and speaks no HTTP, such as Claude Desktop"],
        ["agentgate mcp --agent translator", "the skills of one agent"],
        [
          "claude mcp add agentgate -- agentgate mcp --server https://gw.example.com",
          "the key comes from AGENTGATE_API_KEY",
        ],
      ),
    )
    .action(async ({ agent, ...narrowed }: McpOptions) => {
      const url = agent === undefined ? ownUrl(cli.options.server, narrowed) : await agentUrl(agent);
      const { StdioBridge } = await import("../mcp/stdio-bridge.ts");
      const bridge = new StdioBridge({
        url,
        apiKey: cli.options.apiKey,
        input: process.stdin,
        write: (line) => written(line),
        // Standard output is the client's alone.
        complain: (sentence) => void process.stderr.write(`${printable(sentence)}\n`),
        fetch,
      });
      const stop = new AbortController();
      const end = () => stop.abort();
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, end);
      await bridge.run(stop.signal);
      process.stdin.destroy();

      async function agentUrl(named: string): Promise<string> {
        if (narrowed.agents || narrowed.tools || narrowed.readOnly) {
          throw new CliError(
            "invalid_options",
            "--agent is one agent with all its tools: leave the other options out",
            {
              exitCode: 2,
            },
          );
        }
        return endpoint(cli.options.server, `/agents/${await findAgentId(await cli.client(), named)}/mcp`).href;
      }
    });

function ownUrl(server: string, { agents, tools, readOnly }: McpOptions): string {
  const url = endpoint(server, "/mcp");
  if (agents) url.searchParams.set("agents", agents.join(","));
  if (tools) url.searchParams.set("tools", tools.join(","));
  if (readOnly) url.searchParams.set("read_only", "1");
  return url.href;
}

function endpoint(server: string, path: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new CliError("invalid_server", `"${server}" is not the address of a gateway`, {
      hint: "Give --server (or AGENTGATE_SERVER) with its scheme, such as http://127.0.0.1:8000",
      exitCode: 2,
    });
  }
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  return url;
}

/** Settles when the client has room for more. */
const written = (line: string): Promise<void> =>
  new Promise((resolve) => {
    if (process.stdout.write(line)) resolve();
    else process.stdout.once("drain", resolve);
  });
