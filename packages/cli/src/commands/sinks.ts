import type { LogSink } from "@agentgate/protocol";
import { examples } from "../examples.ts";
import { formatTime } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineSinks: DefineCommand = (command, cli) =>
  command
    .addHelpText(
      "after",
      examples(
        ["agentgate sinks", "where the call log is written for good, and what is wrong there"],
        ["agentgate sinks --json | jq '.[] | select(.trouble)'", "those that fail"],
      ),
    )
    .action(async () => {
      const sinks = await (await cli.client()).listLogSinks();
      const { output } = cli;
      output.result(sinks, () => {
        if (sinks.length === 0) {
          return output.line("The call log is written nowhere else. How to: /guide/analytics of the gateway.");
        }
        output.table<LogSink>(sinks, [
          { title: "sink", value: ({ name }) => name, shrinks: true },
          { title: "taken", value: ({ taken }) => `${taken}`, align: "right" },
          {
            title: "lost",
            value: ({ lost }) => `${lost}`,
            style: (text, { lost }) => (lost > 0 ? output.style("red", text) : text),
            align: "right",
          },
          { title: "written", value: ({ written_at }) => formatTime(written_at) },
          { title: "waits since", value: ({ waiting_since }) => formatTime(waiting_since) },
          {
            title: "trouble",
            value: ({ trouble, lives }) => trouble ?? (lives ? "" : "not set any more"),
            shrinks: true,
          },
        ]);
      });
    });
