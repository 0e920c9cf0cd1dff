import { isIP } from "node:net";
import type { AddressRule } from "./address-policy.ts";
import { hostedAgent, hostedUrl } from "./hosted.ts";
import { OutboundError } from "./outbound-error.ts";
import { refusedPorts } from "./refused-ports.ts";

const urlLengthMax = 2048;

/** A URL that has passed every rule that needs no lookup. Made by {@link parseTarget} only. */
export interface Target {
  /** The normalised URL. */
  readonly url: URL;
  /** Name or address, without the brackets of an IPv6 literal. */
  readonly host: string;
  /** The agent that the gateway hosts under this name. */
  readonly hosted: string | undefined;
  /** `https://agent.example:8443`; one connection pool belongs to one origin. */
  readonly origin: string;
  /** Path and query as sent on the request line. */
  readonly path: string;
}

/**
 * Checks a URL as far as its text tells: http or https, no credentials, no fragment, no port of another protocol, no literal address
 * in a refused range. The URL parser has already brought every spelling of an IPv4 address (decimal, octal, hexadecimal, short,
 * full-width digits, percent-encoded, trailing dot) to its dotted form, and connections are made to what it read.
 *
 * @throws OutboundError `invalid_request` or `refused_address`
 */
export function parseTarget(text: string, rule: AddressRule): Target {
  if (text.length > urlLengthMax) throw invalid(`the URL is longer than ${urlLengthMax} characters`);
  if (!URL.canParse(text)) throw invalid("not a valid absolute URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw invalid("only http and https URLs can be called");
  if (url.username !== "" || url.password !== "") throw invalid("the URL must not contain credentials");
  if (text.includes("#")) throw invalid("the URL must not contain a fragment");
  if (url.port !== "" && refusedPorts.has(Number(url.port)))
    throw invalid(`port ${url.port} belongs to another protocol`);
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  if (isRefusedHost(host, rule)) throw refusedAddress(rule);
  const hosted = hostedAgent(host);
  if (hosted !== undefined && url.origin !== hostedUrl(hosted)) throw invalid("a hosted agent has one address");
  return { url, host, hosted, origin: url.origin, path: url.pathname + url.search };
}

/** Literal addresses in refused ranges, and the names that mean loopback whatever a resolver says (RFC 6761, section 6.3). */
function isRefusedHost(host: string, rule: AddressRule): boolean {
  if (isIP(host) !== 0) return rule.refuses(host);
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return (name === "localhost" || name.endsWith(".localhost")) && rule.refuses("127.0.0.1");
}

export function refusedAddress({ reason }: AddressRule): OutboundError {
  return new OutboundError("refused_address", reason);
}

function invalid(message: string): OutboundError {
  return new OutboundError("invalid_request", message);
}
