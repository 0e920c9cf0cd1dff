import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

interface ServeOptions {
  host?: string;
  port?: number;
  data?: string;
  dev?: boolean;
}

export const defineServe: DefineCommand = (command, cli) =>
  command
    .option("--host <address>", "address to listen on (env: AGENTGATE_HOST, else 127.0.0.1)")
    .option("--port <n>", "port, 0 for any free one (env: AGENTGATE_PORT, else 8000)", wholeNumber(0, 65_535))
    .option("--data <dir>", "directory of the embedded database (env: AGENTGATE_DATA_DIR, else ./.agentgate)")
    .option("--dev", "for development: agents may live in private networks, organizations may top up their own wallets")
    .addHelpText(
      "after",
      `
Without AGENTGATE_API_KEY the first start makes an admin key and prints it once.
Every other setting is an environment variable: docs/configuration.md.
${examples(
  ["agentgate serve --dev", "try it on this machine"],
  ["AGENTGATE_PUBLIC_URL=https://gate.example agentgate serve --host 0.0.0.0", "serve others"],
  ["DATABASE_URL=postgres://… REDIS_URL=redis://… agentgate serve", "one of several nodes"],
)}`,
    )
    .action((options: ServeOptions) => serve(options, cli));

/** Runs until SIGINT or SIGTERM, then drains. A second signal does not wait. */
async function serve({ host, port, data, dev }: ServeOptions, cli: Cli): Promise<void> {
  const { developmentEnvironment, readConfig, startServer, untilTold, version } = await import("@agentgate/gateway");
  const chosen = {
    AGENTGATE_HOST: host,
    AGENTGATE_PORT: port?.toString(),
    AGENTGATE_DATA_DIR: data,
    AGENTGATE_API_KEY: cli.options.apiKey,
    ...(dev && developmentEnvironment),
  };
  const config = readConfig({ ...process.env, ...withoutUndefined(chosen) });
  const server = await startServer(config);
  const told = untilTold();
  const { url, gateway } = server;
  const key = gateway.mintedAdminKey;
  const { output } = cli;
  output.result({ url, version, ...(key && { admin_key: key }) }, () => {
    output.line(`${output.style("green", "●")} AgentGate ${version} listens on ${output.style("bold", url)}`);
    output.line(`  ${output.style("dim", "API")}        ${url}/docs`);
    if (key) {
      output.line(`  ${output.style("dim", "Admin key")}  ${output.style("bold", key)}`);
      output.line("             It is shown only now. Keep it: export AGENTGATE_API_KEY=…");
    }
    output.line(`  ${output.style("dim", "Stop")}       Ctrl-C`);
  });
  await told;
  output.note("stopping once the calls in flight are answered; press again to stop now");
  await server.stop();
}

const withoutUndefined = (variables: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined));
