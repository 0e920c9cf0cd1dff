import { examples } from "../examples.ts";
import { formatKey } from "../output/format-key.ts";
import type { DefineCommand } from "./define-command.ts";

const usedLike = examples(
  ["agentgate me", "whose key this is, until when, and what it may do"],
  ["agentgate me --json | jq -r '.scopes[]'", "all that it may do, for scripts"],
);

export const defineMe: DefineCommand = (command, cli) => {
  command.addHelpText("after", usedLike).action(async () => {
    const me = await (await cli.client()).me();
    cli.output.result(me, () => {
      cli.output.fields([
        ["Kind", me.kind === "admin" ? "the admin" : "an organization"],
        ...(me.org_id === null ? [] : [["Organization", me.org_id] as const]),
        ...(me.key ? formatKey(me.key) : [["Scopes", "everything that its kind may"] as const]),
      ]);
    });
  });
};
