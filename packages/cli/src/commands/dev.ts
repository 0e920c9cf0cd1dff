import type { DevOptions } from "../dev/develop.ts";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineDev: DefineCommand = (command, cli) =>
  command
    .argument("[path]", "directory with an agentgate.yaml, or the file itself", ".")
    .option("--name <name>", "register it under this name, instead of the file's")
    .option("--keep", "leave it registered at the end")
    .option("--no-watch", "do not restart it when a file changes")
    .addHelpText(
      "after",
      `
Runs the agent, registers it as it is on this machine, shows its calls, and restarts it when a file changes. Ctrl-C ends it and takes it off
the gateway again. The agent is started by the command of agentgate.yaml, or is an agent.ts, agent.mjs or agent.js; it is told its port as
PORT, and its address as AGENT_URL. The gateway has to reach this machine: agentgate serve --dev is one that does.
${examples(
  ["agentgate dev", "the agent of this directory"],
  ["agentgate dev ./my-agent --keep", "another one, which stays registered"],
)}`,
    )
    .action(async (path: string, options: DevOptions) => {
      const { develop } = await import("../dev/develop.ts");
      await develop(cli, path, options);
    });
