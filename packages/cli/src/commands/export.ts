import { readState } from "../config/current-state.ts";
import { exportFile, exportText } from "../config/export-file.ts";
import { kinds } from "../config/gateway-file.ts";
import { examples } from "../examples.ts";
import { writeAnew } from "../write-anew.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineExport: DefineCommand = (command, cli) =>
  command
    .option("-o, --output <path>", "write it there instead of to standard output")
    .option("--force", "also where such a file is already")
    .addHelpText("after", examples(["agentgate export -o gateway.yaml", "everything that the key sees"]))
    .action(async ({ output: path, force }: { output?: string; force?: boolean }) => {
      const state = await readState(await cli.client(), kinds);
      const { output } = cli;
      const hosted = state.agents.filter(({ deployed }) => deployed).length;
      if (hosted > 0) output.note(`${hosted} agents that the gateway hosts are left out: deploy their archives`);
      if (path === undefined) {
        output.result({ version: 1, ...exportFile(state) }, () => output.raw(exportText(state)));
        return;
      }
      writeAnew(path, exportText(state), { force });
      output.result({ written: path }, () => output.done(`Wrote ${path}`));
    });
