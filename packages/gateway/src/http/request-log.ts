import type { FastifyReply, FastifyRequest } from "fastify";
import {
  BoundedLog,
  type Clock,
  createLruCache,
  type LabelledValue,
  type Log,
  plainAddress,
} from "../runtime/index.ts";
import { pathOf } from "./paths.ts";

declare module "fastify" {
  interface FastifyReply {
    /** The stable name of what was wrong, for the log: of a problem its code. */
    refusal?: string;
    /** Whether the log has a line of this request. */
    isLogged?: boolean;
  }
}

/** What a line tells of a request, whatever became of it. */
export interface LoggedRequest {
  requestId: string;
  /** Missing where it cannot be read. */
  method?: string;
  path: string;
  clientIp: string;
}

/** A call to an agent that failed. */
export interface FailedCall {
  requestId: string;
  callId: string;
  traceId: string;
  /** Where the call is recorded. */
  spanId?: string | undefined;
  agentId: string;
  agentName: string;
  /** As in the call log: `timeout`, `connect_error`, `http_500`… */
  error: string;
  clientIp: string;
  latencyMs: number;
}

const PATH_LENGTH_MAX = 200;
/** Failed calls whose requests may still be refused. */
const CALLS_MAX = 1_000;
/** Statuses and codes that are counted by themselves. */
const REFUSALS_MAX = 200;
const OTHER = "other";
/** Keys that the gateway mints have this form: one that was put into an address is not repeated. */
const KEYS = /(ag_[a-z]+_)[\w-]+/gi;
/** Before the host of an address that is a whole URL. */
const USER_INFO = /^(\w+:\/\/)[^/]*@/;

/** An address without its query and without secrets. */
export const loggedPath = (url: string): string =>
  plainlySpelled(pathOf(url).slice(0, PATH_LENGTH_MAX)).replace(USER_INFO, "$1").replace(KEYS, "$1…");

/** Without escapes that stand for what needs none (RFC 3986, section 6.2.2.2). */
const plainlySpelled = (path: string): string =>
  path.replace(/%([2-7][\da-f])/gi, (escaped, code: string) => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    return /[\w.~-]/.test(character) ? character : escaped;
  });

/**
 * A line for each request: at info for one that was refused or failed, so many of each kind in a second, at debug for all others. A
 * line names the request, never what it held.
 */
export class RequestLog {
  readonly #log: Log;
  readonly #bounded: BoundedLog;
  readonly #failedCalls = createLruCache<string, true>(CALLS_MAX);
  readonly #refusals = new Map<string, LabelledValue>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#bounded = new BoundedLog({ log, clock });
  }

  /** Whether anybody reads of requests that were answered. */
  get tellsAll(): boolean {
    return this.#log.isLevelEnabled?.("debug") ?? true;
  }

  /** A request gets an answer: what was refused is told. For every answer, so it is quick about the others. */
  noteAnswer(request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode: status } = reply;
    if (status < 400 && reply.refusal === undefined) return;
    const code = reply.refusal ?? "error";
    this.#count(status, code);
    if (!reply.isLogged) reply.isLogged = this.#tell(toldOf(request), status, code);
  }

  /** A response is over. */
  noteEnd(request: FastifyRequest, reply: FastifyReply): void {
    if (!reply.isLogged) this.answered(toldOf(request), reply.statusCode, reply.elapsedTime);
  }

  /** A request was answered. */
  answered(request: LoggedRequest, status: number, latencyMs: number): void {
    this.#log.debug({ ...request, status, latencyMs: Math.round(latencyMs * 10) / 10 }, "request answered");
  }

  /**
   * A request was refused, or failed.
   *
   * @param code the stable name of what was wrong
   * @returns whether the log has a line of it
   */
  refused(request: LoggedRequest, status: number, code: string): boolean {
    this.#count(status, code);
    return this.#tell(request, status, code);
  }

  /** How many were refused or failed since the start, by status and code. */
  refusals(): LabelledValue[] {
    return [...this.#refusals.values()];
  }

  #count(status: number, code: string): void {
    const kind = `${status} ${code}`;
    const known = this.#refusals.get(kind);
    if (known) {
      known.value++;
      return;
    }
    // Agents' own statuses are part of some codes.
    if (this.#refusals.size >= REFUSALS_MAX && code !== OTHER) {
      this.#count(status, OTHER);
      return;
    }
    this.#refusals.set(kind, { labels: { status: `${status}`, code }, value: 1 });
  }

  #tell(request: LoggedRequest, status: number, code: string): boolean {
    // What the agent did wrong is told already.
    if (this.#failedCalls.delete(request.requestId)) return true;
    const message = status < 500 ? "request refused" : "request failed";
    return this.#bounded.info(
      `${status} ${code}`,
      { ...request, path: loggedPath(request.path), status, code },
      message,
    );
  }

  callFailed(call: FailedCall): void {
    this.#failedCalls.set(call.requestId, true);
    this.#bounded.info(`call ${call.error}`, call, "the call to an agent failed");
  }

  /** Says what was left out so far. */
  close(): void {
    this.#bounded.close();
  }
}

const toldOf = ({ id, method, originalUrl, ip }: FastifyRequest): LoggedRequest => ({
  requestId: id,
  method,
  path: loggedPath(originalUrl),
  clientIp: plainAddress(ip),
});
