import { manifestPath } from "@agentgate/protocol/site";
import { type Dialer, OutboundError } from "../outbound/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { CheckResult, CheckTarget } from "./agent-health.ts";

export interface ProbeOptions {
  /** Headers that authenticate the gateway at the agent. */
  credentialsOf(agent: Pick<CheckTarget, "id" | "orgId">): Record<string, string> | Promise<Record<string, string>>;
  /** What is wrong with an agent that is an MCP server; undefined when nothing is. */
  askServer(agentId: string, timeoutMs: number): Promise<string | undefined>;
  dialer: Dialer;
  clock: Clock;
  intervalMs: number;
}

const TIMEOUT_MS = 10_000;
/** What did not answer last time has less time; every fourth time all of it, for an agent may be slow and well. */
const SHORT_TIMEOUT_MS = 2_000;
const FULL_EVERY = 4;
/** An agent that hangs is left alone for 2, 4, 8 and then always 16 intervals. */
export const RESTS_MAX = 16;
const BODY_BYTES_MAX = 64 * 1024;

/**
 * Looks at one agent: `GET {url}/health`, or for an A2A agent, which need not know that path, its card, and for a website its manifest; an
 * MCP server is asked what it is. Undefined when nothing was found out about it, because the gateway itself was busy.
 */
export async function probe(target: CheckTarget, options: ProbeOptions): Promise<CheckResult | undefined> {
  const { clock, intervalMs } = options;
  const timeoutMs = target.hangs % FULL_EVERY === 0 ? TIMEOUT_MS : SHORT_TIMEOUT_MS;
  const startedAt = clock.monotonic();
  const failure = await ask(target, timeoutMs, options);
  if (failure === "busy") return undefined;
  const tookMs = clock.monotonic() - startedAt;
  const checkedAt = clock.now();
  const common = { agentId: target.id, checkedAt };
  if (failure === undefined) {
    return {
      ...common,
      status: "healthy",
      latencyMs: Math.round(tookMs * 10) / 10,
      error: null,
      hangs: 0,
      restsUntil: 0,
    };
  }
  const isHanging = tookMs >= SHORT_TIMEOUT_MS * 0.95;
  if (!isHanging) return { ...common, status: "unhealthy", latencyMs: null, error: failure, hangs: 0, restsUntil: 0 };
  const hangs = target.hangs + 1;
  const restMs = intervalMs * Math.min(2 ** hangs, RESTS_MAX);
  const error = `${failure}; it is looked at again after ${Math.round(restMs / 1000)} s, for it hangs`;
  return { ...common, status: "unhealthy", latencyMs: null, error, hangs, restsUntil: checkedAt + restMs };
}

/** What is wrong with it; undefined when nothing is. */
async function ask(target: CheckTarget, timeoutMs: number, { dialer, credentialsOf, askServer }: ProbeOptions) {
  try {
    if (target.isServer) return await askServer(target.id, timeoutMs);
    const { cardUrl } = target;
    // A card is public, and may be served by somebody else; a site's manifest is neither for certain.
    const isPublic = cardUrl !== undefined && !cardUrl.endsWith(manifestPath);
    const headers = !isPublic && target.isGuarded ? await credentialsOf(target) : {};
    const call = dialer.send({
      url: cardUrl ?? healthUrl(target.url),
      headers,
      method: "GET",
      timeoutMs,
      maxResponseBytes: BODY_BYTES_MAX,
      bodyOptional: true,
      owner: target.orgId ?? target.id,
    });
    const { status } = await call.response;
    if (status === 200) return undefined;
    return status === 404 && cardUrl === undefined ? noHealthPage(target.url) : `HTTP ${status}`;
  } catch (error) {
    if (!OutboundError.isInstance(error)) return "the health check failed";
    return error.kind === "busy" || error.kind === "aborted" ? "busy" : error.message;
  }
}

/** Its tasks may well be answered; but whether it lives cannot be told without calling it for nothing. */
const noHealthPage = (agentUrl: string) =>
  `HTTP 404; while it is well, an agent answers GET ${new URL(healthUrl(agentUrl)).pathname} with 200`;

function healthUrl(agentUrl: string): string {
  const url = new URL(agentUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/health`;
  return url.href;
}

/** The part of a URL that tells whose machine is asked. */
export const hostOf = ({ cardUrl, url }: CheckTarget): string => new URL(cardUrl ?? url).host;
