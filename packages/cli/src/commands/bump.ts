import { writeFile } from "node:fs/promises";
import { Argument } from "commander";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineBump: DefineCommand = (command, cli) =>
  command
    .addArgument(new Argument("<part>", "which number to raise").choices(["major", "minor", "patch"]))
    .argument("[path]", "directory with an agentgate.yaml, or the file itself", ".")
    .option("--dry-run", "only show the next version")
    .addHelpText(
      "after",
      examples(
        ["agentgate bump patch", "1.4.2 becomes 1.4.3 in ./agentgate.yaml"],
        ["agentgate bump minor ./my-agent/", "1.4.2 becomes 1.5.0"],
        ["agentgate bump major --dry-run --json", "what 2.0.0 it would be, for scripts"],
      ),
    )
    .action(async (part: "major" | "minor" | "patch", given: string, { dryRun }: { dryRun?: boolean }) => {
      const [{ readAgentFile }, { bumpVersion }] = await Promise.all([
        import("../agent-file/read-agent-file.ts"),
        import("../agent-file/bump-version.ts"),
      ]);
      const { path, text } = await readAgentFile(given);
      const bumped = bumpVersion(path, text, part);
      if (!dryRun) await writeFile(path, bumped.text);
      const { oldVersion: old_version, newVersion: new_version } = bumped;
      cli.output.result({ file: path, old_version, new_version }, () => {
        cli.output.line(
          `${path}: ${old_version} → ${cli.output.style("bold", new_version)}${dryRun ? " (not written)" : ""}`,
        );
      });
    });
