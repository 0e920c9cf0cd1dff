import type { AgentGateClient, KeyBounds, KeyBudgetFields } from "@agentgate/client";
import type { ApiKey, MintedKey } from "@agentgate/protocol";
import { type Command, InvalidArgumentError } from "commander";
import { commaList, dollars, duration, positiveNumber, wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { findKey, type KeyHolder, keysOf } from "../find-key.ts";
import { ORG_ARGUMENT } from "../find-org.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatTime } from "../output/format.ts";
import { formatKey, keyState } from "../output/format-key.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const KEY_ARGUMENT = "its id, or a name that only one has";
const SECONDS_MAX = 315_360_000;
const GRACE_SECONDS_MAX = 2_592_000;

const usedLike = examples(
  [
    "agentgate keys create ci --scopes tasks:call --agents translator,writer --per-call-max 0.10 --expires-in 90d",
    "may call two agents, at ten cents a call, for three months",
  ],
  ["agentgate keys rotate ci --grace 1h", "a new key; the one before works for an hour more"],
  ["agentgate keys disable ci", "opens nothing until `keys enable ci`"],
  ["agentgate keys delete ci --yes", "gone for good, with everything that it has open"],
);

export const defineKeys: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list"), cli);
  defineCreate(command.command("create").argument("<name>", "what it is for"), cli);
  defineShow(command.command("show").argument("<key>", KEY_ARGUMENT), cli);
  defineUpdate(command.command("update").argument("<key>", KEY_ARGUMENT), cli);
  defineRotate(command.command("rotate").argument("<key>", KEY_ARGUMENT), cli);
  for (const verb of ["disable", "enable"] as const)
    defineSwitch(command.command(verb).argument("<key>", KEY_ARGUMENT), verb, cli);
  defineRemove(command.command("delete").argument("<key>", KEY_ARGUMENT), cli);
  for (const sub of command.commands) {
    sub.option("--org <org>", `whose keys: ${ORG_ARGUMENT}`).option("--admin", "the admin's further keys");
    addGlobalOptions(sub).addHelpText("after", usedLike);
  }
};

const defineList = (command: Command, cli: Cli) =>
  command.description("List keys, newest first").action(async (holder: KeyHolder) => {
    const all = await (await keysOf(await cli.client(), holder)).list();
    cli.output.result(all, () => {
      if (all.length > 0) cli.output.table(all, columns);
      else cli.output.line("No further keys yet. Make one with `agentgate keys create NAME --scopes …`.");
    });
  });

const columns: Column<ApiKey>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name, shrinks: true },
  { title: "key", value: ({ prefix, last4 }) => (last4 === null ? "" : `${prefix}…${last4}`) },
  { title: "scopes", value: ({ scopes }) => scopes.join(" "), shrinks: true },
  { title: "state", value: (key) => keyState(key) },
  { title: "last used", value: ({ last_used_at }) => formatTime(last_used_at) },
];

interface BoundOptions {
  agents?: string[];
  perCallMax?: number;
  expiresIn?: number;
  rateLimit?: number;
  rateBurst?: number;
  ipAllow?: string[];
  budget?: KeyBudgetFields[];
}

const withBounds = (command: Command) =>
  command
    .option("--agents <agents>", "the only agents that it may call, by id or name, with commas between", commaList)
    .option("--per-call-max <dollars>", "the most that one call may cost", dollars)
    .option("--budget <dollars/period>", "such as 5/day; day, week, month or total; repeat it", readBudget)
    .option("--expires-in <time>", "when it ends: 3600, 90m, 12h or 30d from now", duration(1, SECONDS_MAX))
    .option("--rate-limit <n>", "tasks per second", positiveNumber)
    .option("--rate-burst <n>", "tasks at once", wholeNumber(1, 1_000_000))
    .option(
      "--ip-allow <ranges>",
      "where it may be shown from: addresses and CIDR ranges, with commas between",
      commaList,
    );

const defineCreate = (command: Command, cli: Cli) =>
  withBounds(command.description("Make a key; it is shown once"))
    .requiredOption("--scopes <scopes>", "what it may do, such as tasks:call,wallet:read; * for everything", commaList)
    .action(async (name: string, options: BoundOptions & KeyHolder & { scopes: string[] }) => {
      const client = await cli.client();
      const keys = await keysOf(client, options);
      const key = await keys.create(name, options.scopes, await boundsOf(client, options));
      tellMinted(key, `Made ${key.name}`, cli);
    });

function tellMinted(key: MintedKey, done: string, { output }: Cli): void {
  output.result(key, () => {
    output.done(done);
    output.fields([
      ["Id", key.id],
      ["Key", key.key],
    ]);
    output.line("It is shown only now: keep it.");
  });
}

const defineShow = (command: Command, cli: Cli) =>
  command
    .description("Show a key: what it may do, until when, its last use")
    .action(async (given: string, holder: KeyHolder) => {
      const key = await findKey(await keysOf(await cli.client(), holder), given);
      cli.output.result(key, () => cli.output.fields(formatKey(key)));
    });

/** Bounds that `--no` takes away. */
const BOUNDS = ["agents", "perCallMax", "expiresIn", "rateLimit", "rateBurst", "ipAllow", "budgets"] as const;
const optionOf = (bound: string) => bound.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const defineUpdate = (command: Command, cli: Cli) =>
  withBounds(command.description("Change a key; what is not named stays"))
    .option("--name <name>", "what it is called from now on")
    .option("--scopes <scopes>", "what it may do from now on, with commas between", commaList)
    .option("--unbound <bounds>", `bounds to take away: ${BOUNDS.map(optionOf).join(", ")}`, commaList)
    .action(
      async (
        given: string,
        options: BoundOptions & KeyHolder & { name?: string; scopes?: string[]; unbound?: string[] },
      ) => {
        const client = await cli.client();
        const keys = await keysOf(client, options);
        const { id } = await findKey(keys, given);
        const { name, scopes, unbound = [] } = options;
        const changes = { name, scopes, ...(await boundsOf(client, options)), ...unbounded(unbound) };
        const key = await keys.update(id, changes);
        cli.output.result(key, () => cli.output.done(`Changed ${key.name}; in force everywhere within a second`));
      },
    );

function unbounded(names: readonly string[]): KeyBounds {
  const known = new Map<string, keyof KeyBounds>(BOUNDS.map((bound) => [optionOf(bound), bound]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const hint = `There are ${[...known.keys()].join(", ")}`;
    throw new CliError("invalid_options", `--unbound: there is no bound "${unknown}"`, { hint, exitCode: 2 });
  }
  return Object.fromEntries(names.map((name) => [known.get(name)!, null]));
}

async function boundsOf(client: AgentGateClient, options: BoundOptions): Promise<KeyBounds> {
  const { agents, budget: budgets, perCallMax, expiresIn, rateLimit, rateBurst, ipAllow } = options;
  const ids: string[] = [];
  for (const agent of agents ?? []) ids.push(await findAgentId(client, agent));
  const bounds = { agents: agents && ids, budgets, perCallMax, expiresIn, rateLimit, rateBurst, ipAllow };
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
}

const defineRotate = (command: Command, cli: Cli) =>
  command
    .description("Make a key anew; what it may do stays")
    .option(
      "--grace <time>",
      "how long the one before works beside it: 3600, 90m, 12h, 7d",
      duration(0, GRACE_SECONDS_MAX),
      0,
    )
    .action(async (given: string, { grace, ...holder }: KeyHolder & { grace: number }) => {
      const keys = await keysOf(await cli.client(), holder);
      const key = await keys.rotate((await findKey(keys, given)).id, grace);
      const before = grace === 0 ? "the one before is dead" : `the one before works for ${grace} s more`;
      tellMinted(key, `Made ${key.name} anew; ${before}`, cli);
    });

const defineSwitch = (command: Command, verb: "disable" | "enable", cli: Cli) =>
  command
    .description(
      verb === "disable" ? "Have a key open nothing until it is enabled" : "Have a disabled key open what it did",
    )
    .action(async (given: string, holder: KeyHolder) => {
      const keys = await keysOf(await cli.client(), holder);
      const key = await keys[verb]((await findKey(keys, given)).id);
      cli.output.result(key, () => cli.output.done(`${verb === "disable" ? "Disabled" : "Enabled"} ${key.name}`));
    });

const defineRemove = (command: Command, cli: Cli) =>
  command
    .description("Delete a key; streams and sockets that it has opened end")
    .option("-y, --yes", "do not ask")
    .action(async (given: string, { yes, ...holder }: KeyHolder & { yes?: boolean }) => {
      const keys = await keysOf(await cli.client(), holder);
      const key = await findKey(keys, given);
      await confirm(`Delete the key ${key.name} (${key.id})?`, yes);
      await keys.delete(key.id);
      cli.output.result({ deleted: key.id }, () => cli.output.done(`Deleted ${key.name}`));
    });

function readBudget(text: string, before: KeyBudgetFields[] = []): KeyBudgetFields[] {
  const [, amount, period] = /^(.+)\/(day|week|month|total)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("It must be an amount and a period, such as 5/day.");
  return [...before, { amount: dollars(amount), period: period as KeyBudgetFields["period"] }];
}
