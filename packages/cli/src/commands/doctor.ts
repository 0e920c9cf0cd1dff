import { CliError } from "../cli-error.ts";
import type { Check } from "../doctor/check.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgent } from "../find-agent.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineDoctor: DefineCommand = (command, cli) =>
  command
    .argument("[agent]", `also this one: ${AGENT_ARGUMENT}`)
    .addHelpText(
      "after",
      `
Looks at this machine, the gateway, the key and the agents; every line that is not well says what to do. The exit code is 1 when something
failed.
${examples(
  ["agentgate doctor", "server, key, clock, versions, agents"],
  ["agentgate doctor my-agent", "and all of one agent: whether it is reached, its card, what it speaks"],
  ["agentgate doctor --json | jq '.checks[] | select(.status != \"ok\")'", "what is not well, for scripts"],
)}`,
    )
    .action(async (given: string | undefined) => {
      const { output, options } = cli;
      const [{ machineChecks }, { serverChecks, keyChecks }, { agentChecks, agentsCheck }] = await Promise.all([
        import("../doctor/machine-checks.ts"),
        import("../doctor/gateway-checks.ts"),
        import("../doctor/agent-checks.ts"),
      ]);
      const client = await cli.client();
      const checks: Check[] = [];
      /** Shows each as it is found. @returns what the checks return */
      const show = async <T>(found: AsyncGenerator<Check, T>): Promise<T> => {
        for (;;) {
          const { done, value } = await found.next();
          if (done) return value;
          checks.push(value);
          if (!output.json) showCheck(output, value);
        }
      };
      await show(machineChecks(options));
      if (await show(serverChecks(client, options.server))) {
        const owner = await show(keyChecks(client, options));
        if (given !== undefined) await show(agentChecks(client, await findAgent(client, given)));
        else if (owner) await show(one(await agentsCheck(client, owner)));
      }
      const failures = checks.filter(({ status }) => status === "failed").length;
      output.result({ ok: failures === 0, checks }, () => {});
      if (failures === 0) return;
      throw new CliError("unwell", failures === 1 ? "One thing is wrong" : `${failures} things are wrong`);
    });

async function* one(check: Check | undefined): AsyncGenerator<Check, void> {
  if (check) yield check;
}

const marks = { ok: ["green", "✓"], warning: ["yellow", "!"], failed: ["red", "✗"] } as const;
const NAME_WIDTH = 11;

function showCheck(output: Output, { name, status, message, advice }: Check): void {
  const [colour, mark] = marks[status];
  output.line(`${output.style(colour, mark)} ${output.style("dim", name.padEnd(NAME_WIDTH))} ${printable(message)}`);
  if (advice !== undefined) output.line(`  ${" ".repeat(NAME_WIDTH)} → ${printable(advice)}`);
}
