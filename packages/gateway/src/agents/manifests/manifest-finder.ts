import {
  agentApiVersion,
  agentIdHeader,
  agentRequestHeader,
  agentVersionHeader,
  manifestPath,
} from "@agentgate/protocol/site";
import type { Dialer } from "../../outbound/index.ts";
import { baseOf, type FoundManifest, MANIFEST_BYTES_MAX, ManifestError, readFoundManifest } from "./found-manifest.ts";

/** By which the gateway is known to sites. */
export const GATEWAY_AGENT_ID = "agentgate";
const FETCH_MS = 8_000;

export interface FetchManifest {
  timeoutMs?: number;
  /** Of the text that is known already. */
  etag?: string | undefined;
  /** What the site is shown: its manifest may be no business of everybody's. */
  credentials?: Readonly<Record<string, string>> | undefined;
  agentId?: string | undefined;
  /** Whose share the call takes. */
  owner?: string | undefined;
}

/** Reads what sites tell agents. */
export class ManifestFinder {
  readonly #dialer: Dialer;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
  }

  /**
   * The manifest of the site at this address; undefined when it is still the one with this etag.
   * @throws ManifestError, OutboundError
   */
  async fetch(
    url: string,
    { timeoutMs = FETCH_MS, etag, credentials, agentId, owner }: FetchManifest = {},
  ): Promise<FoundManifest | undefined> {
    const base = baseOf(url);
    const { status, headers, body } = await this.#dialer.send({
      url: base.href.replace(/\/$/, "") + manifestPath,
      method: "GET",
      headers: {
        ...credentials,
        accept: "application/json",
        [agentRequestHeader]: "true",
        [agentIdHeader]: GATEWAY_AGENT_ID,
        [agentVersionHeader]: agentApiVersion,
        ...(etag !== undefined && { "if-none-match": etag }),
      },
      timeoutMs,
      maxResponseBytes: MANIFEST_BYTES_MAX,
      ...(agentId !== undefined && { agentId }),
      ...(owner !== undefined && { owner }),
    }).response;
    if (status === 304 && etag !== undefined) return undefined;
    if (status === 401 || status === 403)
      throw new CredentialsDemanded(`The site asks for a credential before it shows its manifest (HTTP ${status})`);
    if (status >= 300 && status < 400)
      throw new ManifestError(`The site is elsewhere: ${redirection(headers.location)}`);
    if (status !== 200) throw new ManifestError(`The site answered ${status} where its manifest would be`);
    const tag = headers.etag;
    return readFoundManifest(
      body.toString("utf8"),
      base,
      typeof tag === "string" && tag.length <= 200 ? tag : undefined,
    );
  }
}

/** It shows its manifest to those alone whom it knows. */
export class CredentialsDemanded extends ManifestError {}

const redirection = (location: unknown): string =>
  typeof location === "string" && location.length < 500 ? `it redirects to ${location}` : "it redirects";
