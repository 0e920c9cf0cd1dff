import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { AgentHealth } from "@agentgate/protocol";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { formatCount, formatTime } from "../output/format.ts";
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
      const found = await unhealthyAgents(client, health);
      const agents = { ...count(Object.values(health).map(({ status }) => status)), unhealthy_agents: found };
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
        if (found.length === 0) return;
        output.line();
        output.table<UnhealthyAgent>(found, [
          { title: "unhealthy", value: ({ name, id }) => name ?? id, shrinks: true },
          { title: "checked", value: ({ last_check }) => (last_check === null ? "" : formatTime(last_check)) },
          { title: "why", value: ({ error }) => error ?? "", shrinks: true },
        ]);
        const more = agents.unhealthy - found.length;
        if (more > 0) output.line(`… and ${formatCount(more)} more: GET ${server}/health/agents has them all`);
      });
      if (!ready) throw new CliError("not_ready", checks.reason ?? "The gateway is not ready");
    });

/** Unhealthy agents that are told by name: for each its name has to be asked. */
const NAMED_MAX = 20;

interface UnhealthyAgent extends Pick<AgentHealth, "last_check" | "error"> {
  id: string;
  /** Null when it is gone meanwhile. */
  name: string | null;
}

function unhealthyAgents(
  client: AgentGateClient,
  health: Readonly<Record<string, AgentHealth>>,
): Promise<UnhealthyAgent[]> {
  const unhealthy = Object.entries(health).filter(([, { status }]) => status === "unhealthy");
  return Promise.all(
    unhealthy.slice(0, NAMED_MAX).map(async ([id, { last_check, error }]) => {
      const agent = await client.getAgent(id).catch((reason) => {
        if (GatewayError.isInstance(reason) && reason.status === 404) return null;
        throw reason;
      });
      return { id, name: agent?.name ?? null, last_check, error };
    }),
  );
}

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
