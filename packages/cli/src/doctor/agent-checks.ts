import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Agent, AgentPreview } from "@agentgate/protocol";
import { formatCount } from "../output/format.ts";
import type { Owner } from "../profiles/owner.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const NAMED_MAX = 5;

/** What the gateway's checks found of the agents of the key's organization, or of everybody's for the admin. */
export async function agentsCheck(client: AgentGateClient, owner: Owner): Promise<Check | undefined> {
  const { org_id } = owner.me;
  const agents = await (org_id === null ? client.listAgents({ limit: 1000 }) : client.listOrgAgents(org_id)).catch(
    () => undefined,
  );
  if (!agents) return undefined;
  if (agents.length === 0) return ok("agents", "There is none yet: agentgate deploy registers one");
  const health = await client.agentsHealth();
  const unwell = agents.filter(({ id }) => health[id]?.status === "unhealthy");
  const [first] = unwell;
  if (first === undefined) return ok("agents", `None of ${formatCount(agents.length)} is unwell`);
  const names = unwell.slice(0, NAMED_MAX).map(({ name }) => name);
  const more = unwell.length > NAMED_MAX ? ` and ${unwell.length - NAMED_MAX} more` : "";
  const message = `${unwell.length} of ${formatCount(agents.length)} are unwell: ${names.join(", ")}${more}`;
  return warning("agents", message, `agentgate doctor ${first.name}`);
}

/** All that can be told of one agent. */
export async function* agentChecks(client: AgentGateClient, agent: Agent): AsyncGenerator<Check, void> {
  yield stateCheck(agent);
  yield await healthCheck(client, agent);
  yield await cardCheck(client, agent);
  const preview = await client.previewAgent(agent.url).catch(() => undefined);
  if (preview && preview.protocol !== null) yield* previewChecks(agent, preview);
}

function stateCheck({ name, version, id, approval, visibility = "public" }: Agent): Check {
  if (approval && approval.state !== "approved") {
    const why = approval.reason ? `: ${approval.reason}` : "";
    const message = `${name} ${version} is ${approval.state}${why}; nobody can call it`;
    return failed("agent", message, "The gateway's admin decides: agentgate approvals");
  }
  if (visibility !== "public") return ok("agent", `${name} ${version} (${id}), seen by ${visibility} only`);
  return ok("agent", `${name} ${version} (${id}), seen by everybody`);
}

/** A new look where the key may ask for one, else what the last found. */
async function healthCheck(client: AgentGateClient, { id, url }: Agent): Promise<Check> {
  const health = await client.checkAgentHealth(id).catch(() => client.getAgentHealth(id));
  if (health.status === "healthy")
    return ok("reachable", `The gateway reaches ${url} in ${health.latency_ms ?? "?"} ms`);
  if (health.status === "unknown") {
    return warning("reachable", `Nobody knows yet: ${health.message}`, "Look again in a minute");
  }
  const message = `The gateway does not get an answer at ${url}: ${health.error ?? "no reason is known"}`;
  const advice = /public internet|not allowed/i.test(message)
    ? "For agents on this machine start the gateway with `agentgate serve --dev`"
    : "Is it running? It answers GET /health with 200, and tasks at POST /a2a";
  return failed("reachable", message, advice);
}

async function cardCheck(client: AgentGateClient, { id, name }: Agent): Promise<Check> {
  const { CardError, normalizeCard } = await import("@agentgate/protocol/a2a");
  try {
    const card = await client.getAgentCard(id);
    normalizeCard(card);
    const signed = Array.isArray(card.signatures) && card.signatures.length > 0;
    return ok("card", `The gateway's card of it is valid${signed ? ", and signed" : ""}`);
  } catch (error) {
    if (!(error instanceof CardError) && !GatewayError.isInstance(error)) throw error;
    return failed("card", (error as Error).message, `Correct its card, then: agentgate refresh ${name}`);
  }
}

function* previewChecks(
  { name, protocol }: Agent,
  { findings, protocol: found }: AgentPreview,
): Generator<Check, void> {
  const wrong = findings.filter(({ severity }) => severity !== "info");
  for (const { severity, message } of wrong) {
    const make = severity === "error" ? failed : warning;
    yield make("its answers", message, `Correct it, then: agentgate refresh ${name}`);
  }
  if (found !== protocol && protocol !== undefined) {
    const message = `It is called as ${protocol}, but speaks ${found}`;
    yield warning("protocol", message, `agentgate update ${name} --protocol auto`);
  } else if (wrong.length === 0) yield ok("its answers", `It speaks ${found}`);
}
