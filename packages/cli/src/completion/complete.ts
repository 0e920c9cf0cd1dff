import { Command, type Option } from "commander";
import { Cli, clientOf } from "../cli.ts";
import { type CommandEntry, commands } from "../commands/index.ts";
import { addGlobalOptions, GlobalOptions } from "../global-options.ts";
import { Output } from "../output/output.ts";

/** A word that may come next, and what it means. */
export interface Candidate {
  word: string;
  meaning: string;
}

const NAMES_MAX = 100;
/** Nobody waits longer for a name. */
const TIMEOUT_MS = 1_500;

/**
 * What may be typed next on a command line.
 *
 * @param words all behind the command's own name; the last is what is typed of the word that is asked for, maybe nothing
 */
export async function complete(words: readonly string[]): Promise<Candidate[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const entry = commands.find(({ usage }) => nameOf(usage) === firstArgument(before));
  const found = entry ? await completeIn(entry, before, typed) : firstWords();
  return found.filter(({ word }) => word.startsWith(typed));
}

function firstWords(): Candidate[] {
  const options = optionsOf(addGlobalOptions(new Command()));
  return [
    ...commands.map(({ usage, summary }) => ({ word: nameOf(usage), meaning: summary })),
    { word: "help", meaning: "Explain a command" },
    ...options,
  ];
}

async function completeIn(entry: CommandEntry, before: readonly string[], typed: string): Promise<Candidate[]> {
  const command = await loaded(entry);
  const args = argumentsOf(command, before.slice(before.indexOf(command.name()) + 1));
  const sub = command.commands.find((one) => one.name() === args[0]);
  const active = sub ?? command;
  const last = before.at(-1) ?? "";
  const option = active.options.find(({ short, long }) => short === last || long === last);
  if (option && takesValue(option)) return valuesOf(option, before);
  if (typed.startsWith("-")) return optionsOf(active);
  const passed = sub ? args.slice(1) : args;
  const subcommands = passed.length === 0 && !sub ? command.commands : [];
  const argument = active.registeredArguments[Math.min(passed.length, active.registeredArguments.length - 1)];
  const values = argument && (passed.length < active.registeredArguments.length || argument.variadic);
  return [
    ...subcommands.map((one) => ({ word: one.name(), meaning: one.description() })),
    ...(values ? (argument.argChoices ?? []).map((word) => ({ word, meaning: "" })) : []),
    ...(values ? await namesFor(argument.name(), command.name(), before, typed) : []),
  ];
}

async function loaded(entry: CommandEntry): Promise<Command> {
  const command = new Command(nameOf(entry.usage));
  const define = await entry.load();
  define(command, new Cli(new Output({ json: false })));
  return addGlobalOptions(command, entry.calls);
}

const nameOf = (usage: string): string => usage.split(" ", 1)[0]!;

/** Options that every command has, and that take a value. */
const withValue = new Set(["--server", "--api-key", "--profile"]);

function firstArgument(words: readonly string[]): string | undefined {
  return words.find((word, at) => !word.startsWith("-") && !withValue.has(words[at - 1] ?? ""));
}

/** The words that are no options, nor values of options. */
function argumentsOf(command: Command, words: readonly string[]): string[] {
  const options = [command, ...command.commands].flatMap((one) => one.options);
  const takes = (word: string | undefined) =>
    word !== undefined && options.some((option) => takesValue(option) && [option.short, option.long].includes(word));
  return words.filter((word, at) => !word.startsWith("-") && !takes(words[at - 1]));
}

const takesValue = ({ required, optional }: Option): boolean => required || optional;

const optionsOf = ({ options }: Command): Candidate[] =>
  options.flatMap(({ long, description, hidden }) => (long && !hidden ? [{ word: long, meaning: description }] : []));

async function valuesOf({ long, argChoices }: Option, before: readonly string[]): Promise<Candidate[]> {
  if (long === "--profile") return profileNames(optionsIn(before));
  return (argChoices ?? []).map((word) => ({ word, meaning: "" }));
}

function profileNames(options: GlobalOptions): Candidate[] {
  return Object.entries(options.profiles.read().profiles).map(([word, { server }]) => ({ word, meaning: server }));
}

/** What the line says of gateway and key. */
function optionsIn(before: readonly string[]): GlobalOptions {
  const given = (name: string) => {
    const at = before.lastIndexOf(name);
    return at === -1 ? undefined : before[at + 1];
  };
  return new GlobalOptions({
    server: given("--server"),
    apiKey: given("--api-key"),
    profile: given("--profile"),
  });
}

/** Names that the gateway has, of what an argument is called. */
async function namesFor(argument: string, command: string, before: readonly string[], typed: string) {
  const options = optionsIn(before);
  try {
    if (argument === "name" && command === "profiles") return profileNames(options);
    if (argument !== "agent" && argument !== "org") return [];
    const client = await clientOf(options.server, options.apiKey);
    const call = { limit: NAMES_MAX, timeoutMs: TIMEOUT_MS };
    if (argument === "org") {
      const orgs = await client.listOrgs({ ...call, ...(typed !== "" && { q: typed }) });
      return plain([
        { word: "me", meaning: "the one whose key is used" },
        ...orgs.map(({ name, id }) => ({ word: name, meaning: id })),
      ]);
    }
    const agents =
      typed === "" ? await client.listAgents(call) : (await client.searchAgents({ ...call, q: typed })).agents;
    return plain(agents.map(({ name, description }) => ({ word: name, meaning: description })));
  } catch {
    // Whoever types needs no error here: the command tells it when it runs.
    return [];
  }
}

const MEANING_CHARACTERS = 80;

/** Names are anybody's: only such are offered as mean nothing to a shell. */
const plain = (candidates: readonly Candidate[]): Candidate[] => [
  ...new Map(
    candidates.flatMap(({ word, meaning }) =>
      /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(word) ? [[word, { word, meaning: shown(meaning) }] as const] : [],
    ),
  ).values(),
];

const shown = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{Zs}]+/gu, " ").slice(0, MEANING_CHARACTERS);
