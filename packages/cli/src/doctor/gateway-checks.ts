import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { GlobalOptions } from "../global-options.ts";
import { formatDollars } from "../output/format.ts";
import { keyState } from "../output/format-key.ts";
import { sourceOf } from "../profiles/connection.ts";
import { type Owner, ownerOf } from "../profiles/owner.ts";
import { explainUnreachable } from "../unreachable.ts";
import { version as ownVersion } from "../version.ts";
import { type Check, failed, ok, warning } from "./check.ts";

const TIMEOUT_MS = 10_000;
/** Signatures, tokens and budgets go by the clock. */
const CLOCK_OFF_MS = 30_000;

/** Whether the gateway can be reached and works, and its version and clock. @returns whether anything else can be asked */
export async function* serverChecks(client: AgentGateClient, server: string): AsyncGenerator<Check, boolean> {
  const startedAt = performance.now();
  let theirs: string;
  try {
    ({ version: theirs } = await client.health({ timeoutMs: TIMEOUT_MS }));
  } catch (error) {
    if (!GatewayError.isInstance(error)) throw error;
    const { message, advice } = explainUnreachable(error);
    yield failed("server", message, advice);
    return false;
  }
  yield ok("server", `${server} answers in ${Math.round(performance.now() - startedAt)} ms`);
  yield versionCheck(theirs);
  const clock = await clockCheck(server);
  if (clock) yield clock;
  yield await readyCheck(client);
  return true;
}

function versionCheck(theirs: string): Check {
  const minor = (text: string) => text.split(".").slice(0, 2).join(".");
  if (minor(theirs) === minor(ownVersion)) return ok("version", `The gateway is ${theirs}, this command ${ownVersion}`);
  const message = `The gateway is ${theirs}, this command ${ownVersion}: some of it may not work`;
  return warning("version", message, `npm install --global @agentgate/cli@${minor(theirs)}`);
}

/** Nothing where the gateway, or what stands before it, tells no time. */
async function clockCheck(server: string): Promise<Check | undefined> {
  const answer = await fetch(`${server}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
  await answer?.body?.cancel();
  const theirs = Date.parse(answer?.headers.get("date") ?? "");
  if (Number.isNaN(theirs)) return undefined;
  const off = Date.now() - theirs;
  if (Math.abs(off) < CLOCK_OFF_MS) return ok("clock", "The clocks of both agree");
  const message = `This machine's clock is ${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? "ahead of" : "behind"} the gateway's`;
  return warning("clock", message, "Have it set by NTP: signatures and keys that end go by it");
}

async function readyCheck(client: AgentGateClient): Promise<Check> {
  try {
    const { checks } = await client.readiness({ timeoutMs: TIMEOUT_MS });
    return ok(
      "ready",
      Object.entries(Object(checks))
        .map(([name, state]) => `${name} ${state}`)
        .join(", ") || "It works",
    );
  } catch (error) {
    const advice = "Its operator finds the reason in the gateway's log";
    return failed("ready", GatewayError.isInstance(error) ? error.detail : String(error), advice);
  }
}

/** Whose key is used, whether it works, and what its wallet has. @returns whose it is */
export async function* keyChecks(
  client: AgentGateClient,
  { connection }: GlobalOptions,
): AsyncGenerator<Check, Owner | undefined> {
  if (connection.apiKey === undefined) {
    yield warning("key", "None is used: public calls work, others do not", "agentgate login, or set AGENTGATE_API_KEY");
    return undefined;
  }
  const from = sourceOf(connection.keyFrom!, "--api-key", "AGENTGATE_API_KEY", connection);
  let owner: Owner;
  try {
    owner = await ownerOf(client);
  } catch (error) {
    const { status, message } = error as GatewayError;
    const advice = status === 401 ? `Correct ${from}, or log in anew: agentgate login` : "Try again in a moment";
    yield failed("key", `The key from ${from} does not work: ${message}`, advice);
    return undefined;
  }
  const { me, organization } = owner;
  const state = me.key ? keyState(me.key) : "works";
  const whose = me.org_id === null ? "the admin's" : `that of ${organization}`;
  yield ok("key", `From ${from}: ${whose}${state === "works" ? "" : `, works ${state}`}`);
  if (me.org_id !== null) {
    const wallet = await walletCheck(client, me.org_id);
    if (wallet) yield wallet;
  }
  return owner;
}

/** Nothing where the key may not look. */
async function walletCheck(client: AgentGateClient, orgId: string): Promise<Check | undefined> {
  const wallet = await client.getOrgWallet(orgId).catch(() => undefined);
  if (!wallet) return undefined;
  const { available, agent_count, max_agents, tier } = wallet;
  if (agent_count >= max_agents) {
    const message = `All ${max_agents} agents of the ${tier} tier are there`;
    return warning("wallet", message, "Move to a larger tier: agentgate tier me pro");
  }
  if (available > 0) return ok("wallet", `${formatDollars(available)} to spend`);
  return warning("wallet", "It is empty: agents with a price cannot be called", "agentgate topup me 10");
}
