import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Log, Random } from "../runtime/index.ts";
import { asProblem, type Unavailability, unavailable } from "./as-problem.ts";
import { clientAddressOf, trustIn } from "./client-address.ts";
import { type LastAnswerOptions, lastAnswers } from "./last-answer.ts";
import { pathOf } from "./paths.ts";
import { Problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import { loggedPath, type RequestLog } from "./request-log.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Where connections may become WebSockets: the entrances that the router does not know. */
    socketPaths?: readonly RegExp[];
  }
}

/** A request to change protocols, as far as every face needs it. */
export interface UpgradeContext {
  /** The named parts of the path. */
  params: Record<string, string>;
  /** In its one spelling. */
  clientIp: string;
  requestId: string;
}

/** What it throws, or rejects with, is the answer. */
export type UpgradeHandler = (request: IncomingMessage, head: Buffer, context: UpgradeContext) => void | Promise<void>;

/** A place where connections may become WebSockets. */
export interface UpgradeRoute {
  /** Of the path; its named groups are the parameters. */
  pattern: RegExp;
  handler: UpgradeHandler;
  /** Cuts off whoever is still there: from the upgrade on they are not the server's to close. */
  terminate(): void;
}

export interface UpgradeOptions extends Omit<LastAnswerOptions, "stagedClose"> {
  random: Random;
  trustedProxies: readonly string[];
  log: Log;
  /** Whether an error says that what the request needs is away for now. */
  unavailability?(error: unknown): Unavailability | undefined;
  /** Has a line for each request that is refused. */
  requestLog?: RequestLog;
}

/** Whether a request becomes a WebSocket. A server may ignore the wish (RFC 9110, section 7.8), and clients that offer HTTP/2 rely on it. */
export const changesProtocol =
  (paths: readonly RegExp[]) =>
  ({ method, url, headers }: IncomingMessage): boolean => {
    if (method !== "GET" || headers.upgrade?.toLowerCase() !== "websocket") return false;
    const path = plainPath(url);
    return paths.some((pattern) => pattern.test(path));
  };

const plainPath = (url = "/") =>
  pathOf(url)
    .replace(/^\/v1(?=\/)/, "")
    .replace(/(.)\/$/, "$1");

/**
 * Hands WebSocket upgrades to the route whose pattern (with named groups) matches the path, in both slash forms and under
 * `/v1`; any other upgrade is answered 404, and what a handler throws as the problem that it is.
 */
export function serveUpgrades(
  app: FastifyInstance,
  options: UpgradeOptions,
  routes: readonly Omit<UpgradeRoute, "terminate">[],
): void {
  const { random, trustedProxies, log, unavailability, requestLog } = options;
  app.decorate(
    "socketPaths",
    routes.map(({ pattern }) => pattern),
  );
  const answerLast = lastAnswers({ ...options, stagedClose: app.stagedClose });
  const trusts = trustIn(trustedProxies);
  const idOf = requestIdOf(random);
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const path = plainPath(request.url);
    const requestId = idOf(request);
    const clientIp = clientAddressOf(request, trusts);
    // No response stands between an exception here and the process.
    const refuse = (error: unknown) => {
      const away = unavailability?.(error);
      const problem = away ? unavailable(away) : asProblem(error);
      if (problem.status >= 500 && !away && !(error instanceof Problem))
        log.error({ err: error, requestId, path: loggedPath(path) }, "upgrade failed");
      else requestLog?.refused({ requestId, method: "GET", path, clientIp }, problem.status, problem.code);
      answerLast(socket, problem, path, requestId);
    };
    try {
      for (const { pattern, handler } of routes) {
        const match = pattern.exec(path);
        if (!match) continue;
        handler(request, head, { params: { ...match.groups }, clientIp, requestId })?.catch(refuse);
        return;
      }
      throw new Problem(404, "Not Found");
    } catch (error) {
      refuse(error);
    }
  });
}
