import type { AgentGateClient, LogOptions } from "@agentgate/client";
import type { LogEntry } from "@agentgate/protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatDollars, formatMilliseconds, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
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
    .option("--skill <id>", "for this skill; several with commas")
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
        ["agentgate logs my-agent --follow", "each call as it comes, until Ctrl-C"],
        ["agentgate logs --follow --status error --limit 20", "failures of all agents, and the last 20 before them"],
        ["agentgate logs --status error --from 2026-11-21", "what failed since then, of all agents"],
        ["agentgate logs --role payer --latency-min 1000 --json", "what one paid for and waited for, as JSON"],
      ),
    )
    .action(async (given: string | undefined, { limit, offset, follow, ...filter }: LogsOptions, command: Command) => {
      const client = await cli.client();
      const { output } = cli;
      const agentId = given === undefined ? undefined : await findAgentId(client, given);
      if (follow) {
        demandFollowable({ ...filter, ...(offset > 0 && { offset }) });
        const { followCalls, showCall } = await import("../logs/follow-calls.ts");
        const before = command.getOptionValueSource("limit") === "cli" ? limit : 0;
        const onGap = (missed: number | null) => output.note(`${missed ?? "some"} calls are missing here`);
        const { role, status, error, skill } = filter;
        return followCalls(client, { agentId, role, status, error, skill, before, onGap }, (call) =>
          showCall(output, call, agentId === undefined),
        );
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
          { title: "paid", value: ({ price }) => (price ? formatDollars(price) : ""), align: "right" },
          { title: "caller", value: ({ caller_ip }) => caller_ip },
          { title: "task", value: ({ task_id }) => task_id ?? "", shrinks: true },
          { title: "error", value: ({ error_detail }) => error_detail ?? "", shrinks: true },
          { title: "payer", value: ({ payer_org_id }) => payer_org_id ?? "", shrinks: true },
        ]);
        noteMore(output, entries, { limit, offset });
      });
    });

interface LogsFilter {
  role?: "owner" | "payer";
  org?: string;
  status?: "success" | "error";
  error?: string;
  skill?: string;
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
  { org, error, skill, task, trace, request, ...rest }: LogsFilter,
  agentId: string | undefined,
): LogOptions => ({
  ...rest,
  ...{
    orgId: org,
    errors: error?.split(","),
    skills: skill?.split(","),
    taskId: task,
    traceId: trace,
    requestId: request,
  },
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

/** Filters that only what is kept can be asked for. */
const ofKeptCalls = ["org", "task", "trace", "request", "latencyMin", "from", "to", "offset"] as const;

/** @throws {@link CliError} usage */
function demandFollowable(given: LogsFilter & { offset?: number }): void {
  const name = ofKeptCalls.find((one) => given[one] !== undefined);
  if (name === undefined) return;
  const option = name === "latencyMin" ? "--latency-min" : `--${name}`;
  throw new CliError("usage", `${option} is for calls that were made: it does not go with --follow`, {
    hint: "--follow takes an agent, --role, --status, --error, --skill, and --limit for calls before it begins",
    exitCode: 2,
  });
}
