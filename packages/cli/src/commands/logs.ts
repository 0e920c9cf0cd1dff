import type { AgentGateClient } from "@agentgate/client";
import type { LogEntry } from "@agentgate/protocol";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatMilliseconds, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineLogs: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("--limit <n>", "most calls to show", wholeNumber(1, 200), 50)
    .option("--follow", "show calls as they come instead, until Ctrl-C")
    .option("--offset <n>", "calls to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate logs my-agent", "the last 50 calls, newest first; times are UTC"],
        ["agentgate logs my-agent --limit 200 --offset 200", "older ones"],
        ["agentgate logs my-agent --follow", "each call as it comes"],
        [`agentgate logs my-agent --json | jq '.[] | select(.status == "error")'`, "those that failed"],
      ),
    )
    .action(async (given: string, { limit, offset, follow }: { limit: number; offset: number; follow?: boolean }) => {
      const client = await cli.client();
      const agentId = await findAgentId(client, given);
      if (follow) return showCalls(cli, client, agentId);
      const entries = await client.getAgentLogs(agentId, { limit, offset });
      const { output } = cli;
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
