import { GatewayError } from "@agentgate/client";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { formatCount } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineStatus: DefineCommand = (command, cli) =>
  command
    .addHelpText(
      "after",
      examples(
        ["agentgate status", "the gateway on this machine"],
        ["agentgate status --server https://gateway.example", "another one"],
        ["agentgate status --json | jq .ready", "for scripts; the exit code is 1 when it is not ready"],
      ),
    )
    .action(async () => {
      const client = await cli.client();
      const { server } = cli.options;
      const { version } = await client.health();
      const [checks, health] = await Promise.all([readiness(client.readiness()), client.agentsHealth()]);
      const agents = count(Object.values(health).map(({ status }) => status));
      const ready = checks.ready;
      cli.output.result({ server, version, ready, checks: checks.found, agents }, () => {
        const { output } = cli;
        output.line(
          ready
            ? `${output.style("green", "●")} The gateway at ${server} is ready`
            : `${output.style("red", "●")} The gateway at ${server} runs but is not ready`,
        );
        output.fields([
          ["Version", version],
          ...Object.entries(checks.found).map(([name, state]) => [capitalize(name), `${state}`] as const),
          ["Agents", describeAgents(agents)],
        ]);
      });
      if (!ready) throw new CliError("not_ready", checks.reason ?? "The gateway is not ready");
    });

interface Readiness {
  ready: boolean;
  found: Record<string, unknown>;
  reason?: string;
}

async function readiness(call: Promise<Record<string, unknown>>): Promise<Readiness> {
  try {
    const { checks } = await call;
    return { ready: true, found: typeof checks === "object" && checks !== null ? { ...checks } : {} };
  } catch (error) {
    if (GatewayError.isInstance(error) && error.status === 503)
      return { ready: false, found: {}, reason: error.detail };
    throw error;
  }
}

function count(states: readonly string[]) {
  const of = (state: string) => states.filter((other) => other === state).length;
  return { checked: states.length, healthy: of("healthy"), unhealthy: of("unhealthy") };
}

function describeAgents({ checked, healthy, unhealthy }: ReturnType<typeof count>): string {
  if (checked === 0) return "none checked yet";
  return unhealthy === 0
    ? `${formatCount(healthy)} healthy`
    : `${formatCount(healthy)} healthy, ${formatCount(unhealthy)} unhealthy`;
}

const capitalize = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
