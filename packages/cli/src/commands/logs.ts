import type { AgentGateClient, LogOptions } from "@agentgate/client";
import type { LogEntry } from "@agentgate/protocol";
import { InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatMilliseconds, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineLogs: DefineCommand = (command, cli) =>
  command
    .argument("[agent]", "the agent's id, or its name; without it, all of the organization")
    .option("--limit <n>", "most calls to show", wholeNumber(1, 200), 50)
    .addOption(
      new Option("--role <role>", "calls to the organization's agents, or those that it paid for").choices([
        "owner",
        "payer",
      ]),
    )
    .option("--org <id>", "for the admin: one organization")
    .addOption(new Option("--status <status>", "those that went so").choices(["success", "error"]))
    .option("--error <kind>", "failures of this kind: timeout, http_500; several with commas")
    .option("--task <id>", "of this task")
    .option("--trace <id>", "of this trace")
    .option("--request <id>", "the X-Request-Id of the call's answer")
    .option("--latency-min <ms>", "that took so long", wholeNumber(0, 1_000_000_000))
    .option("--from <time>", "from this time on (ISO 8601; a date is its beginning in UTC)", time)
    .option("--to <time>", "before this time", time)
    .option("--follow", "show calls as they come instead, until Ctrl-C")
    .option("--offset <n>", "calls to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate logs my-agent", "the last 50 calls, newest first; times are UTC"],
        ["agentgate logs my-agent --limit 200 --offset 200", "older ones"],
        ["agentgate logs my-agent --follow", "each call as it comes"],
        ["agentgate logs --status error --from 2026-11-21", "what failed since then, of all agents"],
        ["agentgate logs --role payer --latency-min 1000 --json", "what one paid for and waited for, as JSON"],
      ),
    )
    .action(async (given: string | undefined, { limit, offset, follow, ...filter }: LogsOptions) => {
      const client = await cli.client();
      const { output } = cli;
      const agentId = given === undefined ? undefined : await findAgentId(client, given);
      if (follow) {
        if (agentId === undefined) throw new CliError("usage", "--follow needs an agent");
        return showCalls(cli, client, agentId);
      }
      // Pages far down are an agent's alone.
      const isPlain = agentId !== undefined && Object.values(filter).every((value) => value === undefined);
      const entries = isPlain
        ? await client.getAgentLogs(agentId, { limit, offset })
        : await found(client, filterOf(filter, agentId), offset, limit);
      output.result(entries, () => {
        if (entries.length === 0) return output.line(offset > 0 ? "No more calls." : "No calls yet.");
        output.table<LogEntry>(entries, [
          { title: "time", value: ({ created_at }) => formatTime(created_at) },
          {
            title: "status",
            value: ({ status }) => status,
            style: (text, { status }) => output.style(status === "success" ? "green" : "red", text),
          },
          { title: "latency", value: ({ latency_ms }) => formatMilliseconds(latency_ms), align: "right" },
          { title: "caller", value: ({ caller_ip }) => caller_ip },
          { title: "task", value: ({ task_id }) => task_id ?? "", shrinks: true },
          { title: "error", value: ({ error_detail }) => error_detail ?? "", shrinks: true },
        ]);
        noteMore(output, entries, { limit, offset });
      });
    });

interface LogsFilter {
  role?: "owner" | "payer";
  org?: string;
  status?: "success" | "error";
  error?: string;
  task?: string;
  trace?: string;
  request?: string;
  latencyMin?: number;
  from?: Date;
  to?: Date;
}

interface LogsOptions extends LogsFilter {
  limit: number;
  offset: number;
  follow?: boolean;
}

const filterOf = (
  { org, error, task, trace, request, ...rest }: LogsFilter,
  agentId: string | undefined,
): LogOptions => ({
  ...rest,
  ...{ orgId: org, errors: error?.split(","), taskId: task, traceId: trace, requestId: request },
  agentIds: agentId === undefined ? undefined : [agentId],
});

async function found(client: AgentGateClient, options: LogOptions, offset: number, limit: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  let skipped = 0;
  for await (const entry of client.logs.all(options)) {
    if (skipped++ < offset) continue;
    entries.push(entry);
    if (entries.length === limit) break;
  }
  return entries;
}

function time(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("Not a time such as 2026-11-21 or 2026-11-21T12:00Z.");
  return at;
}

/** Each call on a line of its own; with --json, as the gateway tells it. */
async function showCalls({ output }: Cli, client: AgentGateClient, agentId: string): Promise<void> {
  for await (const event of client.followEvents({ topics: ["logs"], agentId, role: "owner" })) {
    if (event.type === "gap") output.note(`${event.data.missed ?? "some"} calls are missing here`);
    if (event.type !== "log") continue;
    const { created_at, status, latency_ms, caller_ip, task_id, error_detail } = event.data;
    const parts = [formatTime(created_at), status, formatMilliseconds(latency_ms), caller_ip, task_id, error_detail];
    if (output.json) output.result(event.data, () => {});
    else output.line(printable(parts.filter((part) => part !== null).join("  ")));
  }
}
