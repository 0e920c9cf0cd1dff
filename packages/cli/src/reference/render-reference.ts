import { type Argument, Command } from "commander";
import { Cli } from "../cli.ts";
import { commands } from "../commands/index.ts";
import { addGlobalOptions } from "../global-options.ts";
import { Output } from "../output/output.ts";
import { jsonShapes } from "./json-shapes.ts";

/** Every command with all of its options, in Markdown: the reference part of `docs/cli.md`. */
export async function renderReference(): Promise<string> {
  const parts: string[] = [];
  let group = "";
  for (const entry of commands) {
    if (entry.group !== group) parts.push(`### ${entry.group.replace(/:$/, "")}\n`);
    group = entry.group;
    const name = entry.usage.split(" ", 1)[0]!;
    const command = new Command(name).description(entry.summary);
    const define = await entry.load();
    define(command, new Cli(new Output({ json: false })));
    parts.push(section(command, entry.usage));
  }
  return parts.join("\n");
}

/** A command, and what it does by way of subcommands. */
function section(command: Command, usage: string): string {
  const lines = [`#### \`${usage}\`\n`, `${sentence(command.description())}\n`];
  const own = rows(command);
  if (own.length > 0) lines.push(table(own));
  const shape = jsonShapes[command.name()];
  if (shape) lines.push(`With \`--json\`: ${shape}.\n`);
  for (const sub of command.commands) {
    lines.push(`**\`agentgate ${command.name()} ${callOf(sub)}\`**: ${sentence(sub.description())}\n`);
    const options = rows(sub);
    if (options.length > 0) lines.push(table(options));
    const told = jsonShapes[`${command.name()} ${sub.name()}`];
    if (told) lines.push(`With \`--json\`: ${told}.\n`);
  }
  return lines.join("\n");
}

const callOf = (command: Command): string =>
  [command.name(), ...command.registeredArguments.map(placeholder)].join(" ");

function placeholder(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The page says of these once that every command has them. */
const everywhere = new Set(addGlobalOptions(new Command()).options.map(({ long }) => long ?? ""));

type Row = readonly [name: string, meaning: string];

const rows = (command: Command): Row[] => [
  ...command.registeredArguments
    .filter(({ description }) => description !== "")
    .map((argument): Row => [placeholder(argument), withValues(argument.description, argument)]),
  ...command.options
    .filter(({ hidden, long }) => !hidden && !everywhere.has(long ?? ""))
    .map((option): Row => [option.flags, withValues(option.description, option)]),
];

/** What an option or argument means, which values it takes and which it has unless it is given. */
function withValues(
  description: string,
  { argChoices, defaultValue }: { argChoices?: readonly string[] | undefined; defaultValue?: unknown },
): string {
  const choices = argChoices ? `: ${argChoices.map((choice) => `\`${choice}\``).join(", ")}` : "";
  const plain = ["string", "number"].includes(typeof defaultValue);
  return `${description}${choices}${plain ? ` (\`${defaultValue}\` by default)` : ""}`;
}

const table = (lines: readonly Row[]): string =>
  [
    "| | |",
    "| --- | --- |",
    ...lines.map(([name, meaning]) => `| \`${cell(name)}\` | ${cell(escaped(meaning))} |`),
    "",
  ].join("\n");

const cell = (text: string): string => text.replaceAll("|", "\\|");

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** A description is no markup: `<id>` in it would be a tag. */
const escaped = (text: string): string => text.replaceAll(/<(?=\w)/g, "&lt;");
