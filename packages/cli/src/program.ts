import { Command, CommanderError, Help, type Option } from "commander";
import { Cli } from "./cli.ts";
import { commands } from "./commands/index.ts";
import { addGlobalOptions, GLOBAL_OPTIONS, globalOptionsOf } from "./global-options.ts";
import { Output } from "./output/output.ts";
import { version } from "./version.ts";

const OVERVIEW = `
Examples:
  $ agentgate serve --dev                 start a gateway on this machine
  $ agentgate deploy ./my-agent/          register the agent of my-agent/agentgate.yaml
  $ agentgate call my-agent "Hello!"      have it do something
  $ agentgate help deploy                 more about a command

Environment:
  AGENTGATE_SERVER    the gateway, instead of http://127.0.0.1:8000
  AGENTGATE_API_KEY   the admin key, or an organization's
  AGENTGATE_PROFILE   a login of \`agentgate login\` to use
`;

/** What shells call to complete a line; people see nothing of it. */
const COMPLETE = "__complete";

/** Runs the command line and gives its exit code: 0 it worked, 1 it did not, 2 it was asked the wrong way, 130 Ctrl-C ended it. */
export async function run(args: readonly string[]): Promise<number> {
  if (args[0] === COMPLETE) {
    const { complete } = await import("./completion/complete.ts");
    for (const { word, meaning } of await complete(args.slice(1))) process.stdout.write(`${word}\t${meaning}\n`);
    return 0;
  }
  const output = new Output({ json: asksForJson(args) });
  const program = createProgram(new Cli(output));
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(expandHelp(args), { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { describeFailure } = await import("./failure.ts");
    const called = program.commands.find((command) => command.name() === program.args[0]);
    const action = called?.commands.find((command) => command.name() === program.args[1]);
    const failure = describeFailure(error, called, action);
    output.fail(failure);
    return failure.exitCode;
  }
}

function createProgram(cli: Cli): Command {
  const program = new Command("agentgate")
    .description("Deploy, connect and monetize AI agents.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain the command")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    // What is wrong is said once, by whoever catches it, in words or in JSON.
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .configureHelp({
      subcommandTerm: (command) => entryOf(command)?.usage ?? usageOf(command),
      groupItems: ownGroupsFirst,
    })
    .addHelpText("after", OVERVIEW);
  addGlobalOptions(program);
  for (const { usage, summary, group } of commands) {
    program.command(nameOf(usage)).summary(summary).description(summary).helpGroup(group);
  }
  program.hook("preSubcommand", async (_, command) => {
    const entry = entryOf(command);
    const define = await entry?.load();
    define?.(command, cli);
    addGlobalOptions(command, entry?.calls);
  });
  program.hook("preAction", (_, command) => cli.configure(globalOptionsOf(command)));
  return program;
}

/** `help deploy` is `deploy --help`: the command has to be loaded to be explained. One that does not exist is called, to be refused. */
function expandHelp(args: readonly string[]): readonly string[] {
  const [first, name, ...more] = args;
  if (first !== "help") return args;
  if (name === undefined) return ["--help"];
  const exists = name.startsWith("-") || commands.some(({ usage }) => nameOf(usage) === name);
  return exists ? [name, ...more, "--help"] : [name];
}

/** The options that every command has come after its own, also when its only one is `--help`. */
function ownGroupsFirst<T extends Command | Option>(
  this: Help,
  unsorted: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems.call(this, unsorted, visible, groupOf as never) as Map<string, T[]>;
  const isLast = ([title]: [string, T[]]) => Number(title === GLOBAL_OPTIONS);
  return new Map([...groups].sort((a, b) => isLast(a) - isLast(b)));
}

/** As the overview of a command's own commands shows them: name and arguments. */
const usageOf = (command: Command) => `${command.name()} ${command.usage().replace(/\[options\] ?/, "")}`.trimEnd();

const nameOf = (usage: string) => usage.split(" ", 1)[0]!;

const entryOf = (command: Command) =>
  command.parent?.parent ? undefined : commands.find(({ usage }) => nameOf(usage) === command.name());

/** Known before the arguments are understood, so that misunderstood ones are told in JSON too. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).includes("--json");
}
