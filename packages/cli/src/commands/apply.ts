import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { CliError } from "../cli-error.ts";
import { applyPlan, type Done, secretsOf, spokenOf } from "../config/apply-plan.ts";
import { readState } from "../config/current-state.ts";
import type { Kind } from "../config/gateway-file.ts";
import { parseGatewayFile } from "../config/parse-gateway-file.ts";
import { type Plan, planOf } from "../config/plan.ts";
import { printPlan } from "../config/print-plan.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

interface ApplyOptions {
  file: string;
  dryRun?: boolean;
  prune?: boolean;
  updateSecrets?: boolean;
  yes?: boolean;
}

export const defineApply: DefineCommand = (command, cli) =>
  command
    .requiredOption("-f, --file <path>", "a gateway.yaml; - for standard input")
    .option("--dry-run", "only show what would be done")
    .option("--prune", "also delete what is not in the file, of the kinds that it has")
    .option("--update-secrets", "send keys also where one is kept already")
    .option("-y, --yes", "do not ask before deleting")
    .addHelpText(
      "after",
      examples(
        ["agentgate export > gateway.yaml", "what there is, as a file"],
        ["agentgate apply -f gateway.yaml --dry-run", "what differs"],
        ["agentgate apply -f gateway.yaml --prune --yes", "make it so"],
      ),
    )
    .action(async ({ file: path, dryRun, prune = false, updateSecrets = false, yes }: ApplyOptions) => {
      const file = parseGatewayFile(path === "-" ? "standard input" : path, await textOf(path));
      const client = await cli.client();
      const state = await readState(client, Object.keys(file) as Kind[]);
      const plan = planOf(file, state, { prune, updateSecrets });
      const { output } = cli;
      if (!output.json) printPlan(plan, output);
      const done: Done[] = [];
      const result = () => ({ dry_run: dryRun === true, ...wire(plan), done });
      if (dryRun || plan.changes.length + plan.deletions.length === 0) {
        output.result(result(), () => {});
        return;
      }
      const secret = secretsOf(plan, process.env);
      if (plan.deletions.length > 0)
        await confirm(`Delete what stands above with a minus (${plan.deletions.length})?`, yes);
      const tell = (step: Done) => {
        done.push(step);
        if (output.json) return;
        output.done(`${step.action[0]!.toUpperCase()}${step.action.slice(1)} ${spokenOf(step)}`);
        if (step.waits === "agent") output.line("    It waits for approval; until then nobody can call it");
        if (step.waits === "change") output.line("    The change waits for approval; until then it serves as it was");
        if (step.secret !== undefined) output.line(`    ${secretNames[step.kind]}: ${step.secret}   (shown only now)`);
      };
      try {
        await applyPlan(client, plan, { state, secret, tell });
      } catch (error) {
        const at = done.length;
        output.note(
          `${at} of ${plan.changes.length + plan.deletions.length} steps were done; run it again to go on from there`,
        );
        throw error;
      } finally {
        // What was shown once, and what was done before something failed, is told in any case.
        if (output.json) output.result(result(), () => {});
      }
    });

const secretNames: Record<Kind, string> = { orgs: "key", agents: "webhook secret", webhooks: "secret", chains: "key" };

/** For programs. */
const wire = ({ changes, deletions, kept, unchanged }: Plan) => ({
  changes: changes.map(({ kind, name, current, fields }) => ({
    action: current ? "change" : "create",
    kind,
    name,
    ...(current && { id: current.id }),
    fields,
  })),
  deletions,
  kept,
  unchanged,
});

async function textOf(path: string): Promise<string> {
  if (path === "-") return readAll(process.stdin);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const said = code === "ENOENT" ? `There is no file ${path}` : `Cannot read ${path}: ${message}`;
    throw new CliError("file_not_found", said, {
      hint: "`agentgate export > gateway.yaml` writes one of what there is",
      exitCode: 2,
    });
  }
}
