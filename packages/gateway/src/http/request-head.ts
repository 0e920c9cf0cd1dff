import type { IncomingMessage } from "node:http";
import { Problem } from "./problem.ts";

/** RFC 9110, section 7.2: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. */
const AUTHORITY = /^(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;

/**
 * Refuses what Node's parser lets pass and another server on the way may read differently (RFC 9112, sections 2.3, 3.2
 * and 6.1): other versions, the target of all resources (3.2.4) without OPTIONS, no Host in HTTP/1.1, a second or a malformed one, a transfer coding other than exactly `chunked`, any in HTTP/1.0.
 *
 * @throws Problem 400 that closes the connection
 */
export function demandSoundHead({ headers, rawHeaders, httpVersion, method, url }: IncomingMessage): void {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw unsound("Only HTTP/1.1 is spoken here");
  if (url === "*" && method !== "OPTIONS") throw unsound("The target * is for OPTIONS alone");
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && (httpVersion === "1.0" || coding.toLowerCase() !== "chunked")) {
    throw unsound("The only transfer coding understood is chunked, in HTTP/1.1");
  }
  if (headers.host === undefined && httpVersion === "1.1") throw unsound("There is no Host header");
  if (headers.host !== undefined && !AUTHORITY.test(headers.host)) throw unsound("The Host header is malformed");
  if (countHosts(rawHeaders) > 1) throw unsound("There is more than one Host header");
}

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts;
}

const unsound = (detail: string) => new Problem(400, detail, { headers: { connection: "close" } });
