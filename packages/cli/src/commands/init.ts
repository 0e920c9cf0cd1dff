import { basename, relative, resolve } from "node:path";
import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { firstCall, makeAgent, type Template, templates } from "../init/make-agent.ts";
import type { DefineCommand } from "./define-command.ts";

interface InitOptions {
  template?: Template;
  name?: string;
  force?: boolean;
}

export const defineInit: DefineCommand = (command, cli) =>
  command
    .argument("[directory]", "where; it is made if it is not there", ".")
    .addOption(
      new Option("--template <kind>", "what it speaks; asked for on a terminal").choices(Object.keys(templates)),
    )
    .option("--name <name>", "what it is called; the directory's name by default")
    .option("--force", "replace files that are there already")
    .addHelpText(
      "after",
      `
Templates:
${Object.entries(templates)
  .map(([name, about]) => `  ${name.padEnd(8)} ${about}`)
  .join("\n")}
${examples(
  ["agentgate init my-agent", "an agent in TypeScript, in my-agent/"],
  ["agentgate init my-agent --template a2a", "one that speaks A2A"],
  ["agentgate init my-shop --template site", "a website that agents can call"],
  ["cd my-agent && agentgate dev", "run it, register it, watch its calls"],
)}`,
    )
    .action(async (given: string, { template, name, force }: InitOptions) => {
      const directory = resolve(given);
      const called =
        name ??
        basename(directory)
          .toLowerCase()
          .replace(/[^a-z0-9._-]+/g, "-");
      demandName(called);
      const kind = template ?? (await chooseTemplate());
      const { files, needsInstall } = makeAgent(directory, { name: called, template: kind, force });
      const made = { directory, name: called, template: kind, files };
      cli.output.result(made, () => {
        const { output } = cli;
        output.done(`Made ${called} in ${given}: ${files.join(", ")}`);
        output.line("\nNext:\n");
        const inside = relative(process.cwd(), directory);
        if (inside !== "") output.line(`  cd ${/^[\w./-]+$/.test(inside) ? inside : `'${inside}'`}`);
        if (needsInstall) output.line("  npm install");
        output.line("  agentgate serve --dev    # in another terminal: a gateway on this machine");
        output.line("  agentgate dev            # run it, register it, watch its calls");
        output.line(`  agentgate call ${called} ${firstCall[kind]}`);
      });
    });

/** What npm takes as the name of a package, and nobody has to quote. */
function demandName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) return;
  throw new CliError("invalid_name", `"${name}" cannot be an agent's name here`, {
    hint: "Use lower-case letters, digits, dots and hyphens: --name my-agent",
    exitCode: 2,
  });
}

async function chooseTemplate(): Promise<Template> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return "plain";
  const { ask } = await import("../ask.ts");
  const names = Object.keys(templates) as Template[];
  for (const [at, name] of names.entries()) {
    process.stderr.write(`  ${at + 1}  ${name.padEnd(8)} ${templates[name]}\n`);
  }
  for (;;) {
    const answer = ((await ask(`What shall it speak? (1–${names.length}, or the name) [plain]`)) ?? "").trim();
    const chosen = answer === "" ? "plain" : names.find((name, at) => name === answer || `${at + 1}` === answer);
    if (chosen) return chosen;
  }
}
