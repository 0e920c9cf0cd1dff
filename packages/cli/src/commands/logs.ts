import type { LogEntry } from "@agentgate/protocol";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatMilliseconds, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineLogs: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("--limit <n>", "most calls to show", wholeNumber(1, 200), 50)
    .option("--offset <n>", "calls to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate logs my-agent", "the last 50 calls, newest first; times are UTC"],
        ["agentgate logs my-agent --limit 200 --offset 200", "older ones"],
        [`agentgate logs my-agent --json | jq '.[] | select(.status == "error")'`, "those that failed"],
      ),
    )
    .action(async (given: string, { limit, offset }: { limit: number; offset: number }) => {
      const client = await cli.client();
      const entries = await client.getAgentLogs(await findAgentId(client, given), { limit, offset });
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
