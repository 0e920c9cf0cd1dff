import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { plainAddress, type Random } from "../runtime/index.ts";
import type { HttpSocket } from "./connections.ts";
import { PROBLEM_MEDIA_TYPE, Problem } from "./problem.ts";
import type { RequestLog } from "./request-log.ts";
import type { StagedClose } from "./staged-close.ts";
import { type StandardHeadersOptions, securityHeaders } from "./standard-headers.ts";

/** Writes a problem to a connection that no response object stands for, and ends it. */
export type AnswerLast = (socket: Duplex, problem: Problem, instance: string, requestId: string) => void;

export interface LastAnswerOptions extends StandardHeadersOptions {
  stagedClose: StagedClose;
}

/** The frame's last word on a connection: in the contract's shape, with the headers of every response. */
export function lastAnswers({ stagedClose, ...options }: LastAnswerOptions): AnswerLast {
  const fixed = securityHeaders(options);
  return (socket, problem, instance, requestId) => {
    const body = JSON.stringify(problem.toBody(instance));
    const headers = {
      ...fixed,
      ...problem.headers,
      "x-request-id": requestId,
      "content-type": PROBLEM_MEDIA_TYPE,
      "content-length": Buffer.byteLength(body),
      connection: "close",
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
    stagedClose.close(socket);
  };
}

/**
 * What cannot be parsed as HTTP still gets the contract's shape, then the connection ends. Requests before it on the same
 * connection are answered first.
 */
export function brokenRequests(
  answerLast: AnswerLast,
  { random, requestLog, stagedClose }: { random: Random; requestLog?: RequestLog; stagedClose: StagedClose },
): (error: Error & { code?: string }, socket: Socket) => void {
  return function answerBroken(error, socket: HttpSocket) {
    const underWay = socket._httpMessage;
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else if (underWay?.req.complete) underWay.once("close", () => answerBroken(error, socket));
    // It was refused by its head, and what it sends on is no body: it gets to read why.
    else if (underWay?.writableEnded) stagedClose.close(socket);
    else if (underWay?.headersSent) socket.destroy();
    else {
      const problem = problemOf(error.code);
      const requestId = random.uuid();
      const clientIp = plainAddress(socket.remoteAddress);
      requestLog?.refused({ requestId, path: "/", clientIp }, problem.status, problem.code);
      answerLast(socket, problem, "/", requestId);
    }
  };
}

function problemOf(code: string | undefined): Problem {
  if (code === "HPE_HEADER_OVERFLOW") return new Problem(431, "The request headers are too large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new Problem(408, "The request took too long to arrive");
  return new Problem(400, "The request is not valid HTTP/1.1");
}
