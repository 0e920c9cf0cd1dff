import { type Agent, CredentialError, type StandingTool } from "../../../agents/index.ts";
import { Problem } from "../../../http/index.ts";
import { OutboundError } from "../../../outbound/index.ts";
import type { AgentFailure, AgentOutcome } from "../../agent-protocol.ts";
import { connectionFailure, credentialFailure } from "../failures.ts";
import { ownRefusal } from "./site-answers.ts";

export const NO_SESSION =
  "There is no such session: it has ended, or is not yours. Start the flow anew, and give its steps the session_id that the start answers";
export const NO_QUESTION = "Nothing of yours waits for an answer under this task id: send the call again";
export const NEITHER = 'Answer with yes or no, or with a data part such as {"confirm": true}';

export const failed = (failure: AgentFailure): AgentOutcome => ({ ok: false, failure });

/** A call that is refused before anything is put aside for it. */
export const problemOf = ({ status, detail, logged, members }: AgentFailure): Problem =>
  new Problem(status, detail, { code: `agent_${logged}`, ...(members && { members }) });

/** What of a task is not as a call of this site's has to be. */
export const invalidCall = (findings: readonly { at: readonly string[]; msg: string }[]): Problem =>
  new Problem(
    422,
    findings.map(({ at, msg }) => ({ type: "value_error", loc: ["body", ...at.map(indexOrName)], msg })),
    { code: "validation_failed" },
  );

const indexOrName = (token: string): string | number => (/^\d{1,6}$/.test(token) ? Number(token) : token);

export const notRead = ({ name }: Agent): AgentFailure => ({
  status: 503,
  detail: `The manifest of the site ${name} is not known here: its owner can have it read again (POST /agents/{id}/refresh)`,
  logged: "manifest_missing",
});

export const unknownTool = ({ name }: Agent, tool: string): string =>
  `The site ${name} has no tool ${JSON.stringify(tool.slice(0, 128))}`;

/** Why a tool is not called that the site has, or had. */
export function notLive(name: string, standing: StandingTool | undefined, agent: Agent): AgentFailure {
  if (!standing) return ownRefusal(404, "intent_not_found", unknownTool(agent, name));
  const what =
    standing.state === "gone"
      ? `The site ${agent.name} does not offer ${name} any more`
      : `The site ${agent.name} has changed ${name} since it was approved`;
  return {
    status: 409,
    detail: `${what}: it is not called until its owner has looked at that (POST /agents/{id}/refresh). Nothing was charged`,
    logged: "tool_changed",
    members: { site_error: "tool_changed" },
  };
}

/** What a call came to that ended in this way; undefined for what nobody foresaw. */
export function toldFailure(agent: Agent, error: unknown): AgentFailure | undefined {
  if (error instanceof CredentialError) return credentialFailure(error);
  return OutboundError.isInstance(error) ? connectionFailure(agent, error) : undefined;
}
