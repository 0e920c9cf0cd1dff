import { AgentGateError, GatewayError } from "@agentgate/client";
import { type Argument, type Command, CommanderError } from "commander";
import { CliError, type ExitCode } from "./cli-error.ts";
import { describeSiteFailure } from "./site/site-failure.ts";
import { explainUnreachable } from "./unreachable.ts";

export interface Failure {
  code: string;
  message: string;
  /** What to do about it. */
  hint?: string | undefined;
  status?: number | undefined;
  requestId?: string | undefined;
  exitCode: ExitCode;
}

/**
 * Puts any error into words that help.
 *
 * @param command the command that was called, if any
 * @param action what it was to do, where a command has several of them
 */
export function describeFailure(error: unknown, command: Command | undefined, action?: Command): Failure {
  if (error instanceof CliError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, hint, exitCode };
  }
  if (error instanceof CommanderError) {
    return {
      code: "usage",
      message: usageMessage(error, command),
      hint: usageHint(error, command, action),
      exitCode: 2,
    };
  }
  if (GatewayError.isInstance(error)) {
    const { code, status, requestId } = error;
    const why = noAnswer.has(code) ? explainUnreachable(error) : undefined;
    const [message, hint] = why
      ? [why.message, why.advice]
      : [noId(error) ?? error.message, hintFor(error, command, action)];
    return { code, message, status, requestId, hint, exitCode: 1 };
  }
  if (AgentGateError.isInstance(error)) return describeSiteFailure(error);
  const { name, code = "failed", message = String(error) } = Object(error) as Partial<NodeJS.ErrnoException>;
  if (name === "ConfigError") return { code: "config_invalid", message, exitCode: 2 };
  if (name === "OpenApiImportError") return { code: "invalid_document", message, exitCode: 1 };
  return { code, message, exitCode: 1 };
}

/** Codes of calls that no gateway has answered. */
const noAnswer = new Set(["unreachable", "timeout", "invalid_response", "redirected"]);

/** It was the right key in some of these cases: then another would not help. */
function hintForRefusal(code: string): string {
  if (code === "agent_limit_reached") return "Move to a larger tier: agentgate tier me pro";
  if (code === "topup_not_open" || code === "no_self_service") return "Use the admin key";
  return "Use the admin key, or the key of the organization that owns it";
}

function hintForPayment(code: string): string {
  if (code === "insufficient_balance") return "Add money to the wallet that pays: agentgate topup me 10";
  return "Call it with the key of an organization, whose wallet pays: agentgate login, --api-key KEY, or AGENTGATE_API_KEY";
}

/** What an agent did to a call: others' mistakes, which nobody pays for. */
function hintForAgent(code: string): string | undefined {
  if (!/^agent_(?:connect_error|timeout|protocol_error|invalid_response|http_\d+)$/.test(code)) return undefined;
  return "Nothing was charged. `agentgate doctor AGENT` finds out what is wrong with it";
}

function usageMessage({ code, message }: CommanderError, command: Command | undefined): string {
  if (code === "commander.help") {
    return `Say what to do: agentgate ${command?.name()} ${command?.commands.map((sub) => sub.name()).join(" | ")}`;
  }
  const choice = choiceOf(code, message, command);
  if (choice) {
    const [name, does] = [choice.name(), `agentgate ${command?.name()} ${choice.argChoices?.join(" | ")}`];
    return `Say ${name === "action" ? "what to do" : `which ${name}`}: ${does}`;
  }
  return message
    .replace(/^error: /, "")
    .replace(/^command-argument value '(.*)' is invalid for argument '(\S+)'\./s, "$2 cannot be '$1'.");
}

/** The argument that is missing, where it is one of a few words. */
function choiceOf(code: string, message: string, command: Command | undefined): Argument | undefined {
  const [first] = command?.registeredArguments ?? [];
  const isMissing = code === "commander.missingArgument" && message.includes(`'${first?.name()}'`);
  return isMissing && first?.argChoices ? first : undefined;
}

/** How it is called, where that is what was wrong; and where more is said of it. */
function usageHint(
  { code, message }: CommanderError,
  command: Command | undefined,
  action: Command | undefined,
): string {
  if (command === undefined) return "See: agentgate --help";
  const asked = [command, ...(action ? [action] : [])];
  const name = asked.map((one) => one.name()).join(" ");
  const isIncomplete = code === "commander.missingArgument" && !choiceOf(code, message, command);
  const usage = asked
    .at(-1)!
    .usage()
    .replace(/\[options\] ?/, "");
  return `${isIncomplete ? `Usage: agentgate ${name} ${usage}`.trimEnd().concat("\n") : ""}See: agentgate help ${name}`;
}

/** Of what is only found by its id something else was given. */
function noId({ findings = [] }: GatewayError): string | undefined {
  const [first] = findings;
  if (findings.length !== 1 || first?.type !== "uuid_format" || typeof first.input !== "string") return undefined;
  return `"${first.input}" is not an id, such as 7f3c9a52-1b5e-4c1d-9b57-2f0e6a8d4c31`;
}

/** What lists things, by what answers of the gateway call them. */
const listed: Record<string, string> = {
  Agent: "list",
  Organization: "org list",
  Chain: "chains list",
  Session: "sessions",
  "API key": "keys list",
  Delivery: "webhooks list",
  "Webhook endpoint": "webhooks endpoints",
  Call: "logs",
  Grant: "agents grants AGENT",
};

/** Which command shows what there is, where something was named that is not. */
function hintForMissing(message: string, command: Command | undefined): string | undefined {
  const [, what = ""] = /^(.+?) not found/.exec(message) ?? [];
  if (Object.hasOwn(listed, what)) return `\`agentgate ${listed[what]}\` shows them`;
  return command && `See: agentgate help ${command.name()}`;
}

function hintFor(error: GatewayError, command: Command | undefined, action: Command | undefined): string | undefined {
  const { code, status, message, retryAfterSeconds } = error;
  if (code === "invalid_url" && message.includes("public internet")) {
    return "To try out agents on this machine, start the gateway with `agentgate serve --dev`";
  }
  if (status === 409 && message.includes("?force=true")) return "On the command line: --force";
  if (message.startsWith("org_id: The admin says whose")) return "On the command line: --org ORG";
  if (status === 401) {
    const needsAdmin = [command, action].some((one) => one?.description().endsWith("(admin)"));
    return `Give ${needsAdmin ? "the admin key, which this needs" : "a key that may do this"}: agentgate login, --api-key KEY, or AGENTGATE_API_KEY`;
  }
  if (status === 402) return hintForPayment(code);
  if (status === 502 || status === 504) return hintForAgent(code);
  if (status === 404) return hintForMissing(message, command);
  if (noId(error) !== undefined) return command && `See: agentgate help ${command.name()}`;
  if (status === 403) return hintForRefusal(code);
  if (status === 429) return `Wait ${retryAfterSeconds ?? 1} s and try again`;
  return undefined;
}
