import type { GatewayNode } from "@agentgate/protocol";
import { examples } from "../examples.ts";
import { formatTime } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

const MIB = 1_048_576;

export const defineNodes: DefineCommand = (command, cli) =>
  command
    .addHelpText(
      "after",
      examples(
        ["agentgate nodes", "the gateway's nodes, and what each of them alone does"],
        ["agentgate nodes --json | jq '.[] | select(.lives | not)'", "those that died without saying so"],
      ),
    )
    .action(async () => {
      const nodes = await (await cli.client()).listNodes();
      const { output } = cli;
      output.result(nodes, () => {
        output.table<GatewayNode>(nodes, [
          { title: "name", value: ({ name }) => name, shrinks: true },
          { title: "version", value: ({ version }) => version },
          {
            title: "state",
            value: ({ lives }) => (lives ? "lives" : "silent"),
            style: (text, { lives }) => output.style(lives ? "green" : "red", text),
          },
          { title: "seen", value: ({ last_seen_at }) => formatTime(last_seen_at) },
          { title: "started", value: ({ started_at }) => formatTime(started_at) },
          { title: "cpu", value: ({ load }) => load.cpu.toFixed(2), align: "right" },
          { title: "memory", value: ({ load }) => `${Math.round(load.memory_bytes / MIB)} MiB`, align: "right" },
          { title: "does alone", value: ({ leases }) => leases.join(", "), shrinks: true },
        ]);
      });
    });
