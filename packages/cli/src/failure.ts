import { AgentGateError, GatewayError } from "@agentgate/client";
import { type Command, CommanderError } from "commander";
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
    const hint = `See: agentgate ${command === undefined ? "--help" : `help ${command.name()}`}`;
    return { code: "usage", message: usageMessage(error, command), hint, exitCode: 2 };
  }
  if (GatewayError.isInstance(error)) {
    const { code, status, requestId } = error;
    const why = noAnswer.has(code) ? explainUnreachable(error) : undefined;
    const [message, hint] = why ? [why.message, why.advice] : [error.message, hintFor(error, action)];
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

function usageMessage({ code, message }: CommanderError, command: Command | undefined): string {
  if (code === "commander.help") {
    return `Say what to do: agentgate ${command?.name()} ${command?.commands.map((sub) => sub.name()).join(" | ")}`;
  }
  return message
    .replace(/^error: /, "")
    .replace(/^command-argument value '(.*)' is invalid for argument '(\S+)'\./s, "$2 cannot be '$1'.");
}

function hintFor(error: GatewayError, action: Command | undefined): string | undefined {
  const { code, status, message, retryAfterSeconds } = error;
  if (code === "invalid_url" && message.includes("public internet")) {
    return "To try out agents on this machine, start the gateway with `agentgate serve --dev`";
  }
  if (status === 409 && message.includes("?force=true")) return "On the command line: --force";
  if (status === 401) {
    const needsAdmin = action?.description().endsWith("(admin)");
    return `Give ${needsAdmin ? "the admin key, which this needs" : "a key that may do this"}: agentgate login, --api-key KEY, or AGENTGATE_API_KEY`;
  }
  if (status === 402) return hintForPayment(code);
  if (status === 403) return hintForRefusal(code);
  if (status === 429) return `Wait ${retryAfterSeconds ?? 1} s and try again`;
  return undefined;
}
