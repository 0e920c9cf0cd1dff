import type { FastifyRequest } from "fastify";
import { parseDictionary } from "structured-headers";
import { type Clock, type NetworkOf, plainAddress } from "../runtime/index.ts";
import { errorResponse, type Negotiated, unrecoverable } from "./envelope.ts";
import { demandDigest, type SignedMessage, verifyRequest } from "./http-signature.ts";
import { VENDOR_VERSION, type VendorNames } from "./namespace.ts";
import type { PassedRequests } from "./passed-requests.ts";
import type { PlatformProfile } from "./platform-profile.ts";
import type { PlatformProfiles } from "./platform-profiles.ts";
import { refusal } from "./refusal.ts";
import {
  type CapabilityName,
  currentVersion,
  isUcpVersion,
  SHOPPING,
  type UcpVersion,
  ucpVersions,
} from "./versions.ts";

export type Agreement = Negotiated | { refused: ReturnType<typeof errorResponse> };

/** What an operation is of. */
export type Topic = CapabilityName extends `${typeof SHOPPING}.${infer T}` ? T : never;

export interface NegotiationOptions {
  profiles: PlatformProfiles;
  /** `enforce` refuses platforms that do not say who they are, or that lack what an operation is of. */
  mode: "lenient" | "enforce";
  signatures: "optional" | "required";
  networkOf: NetworkOf;
  clock: Clock;
  /** Requests of the gateway's own, for others that were verified. */
  passed: PassedRequests;
  publicUrl(): string;
  names(): VendorNames;
}

/** Topics that the gateway's own extension extends. */
const EXTENDED: readonly string[] = ["checkout", "order"];
const URL_LENGTH_MAX = 2_048;

/** Finds out what the platform behind a request and the gateway both speak, and whether the request is the platform's. */
export class Negotiation {
  readonly #options: NegotiationOptions;

  constructor(options: NegotiationOptions) {
    this.#options = options;
  }

  /**
   * @param bodyText the body as it was sent
   * @throws Problem as the protocol has it: of the profile, of its version, of the signature
   */
  async of(request: FastifyRequest, topic: Topic, bodyText = ""): Promise<Agreement> {
    const { profiles, mode, networkOf } = this.#options;
    const agent = request.headers["ucp-agent"];
    if (agent === undefined && mode === "enforce") {
      throw refusal(400, "invalid_profile_url", 'Say who you are: UCP-Agent: profile="https://…"');
    }
    const { url, version } = agent === undefined ? {} : agentIn([agent].flat().join(", "));
    if (version !== undefined) demandVersion(version);
    const platform = url === undefined ? undefined : await profiles.find(url, networkOf(plainAddress(request.ip)));
    const spoken = platform ? demandVersion(platform.version) : currentVersion;
    if (!this.#options.passed.has(request.headers)) this.#verify(request, bodyText, platform);
    const capabilities = this.#agreed(topic, spoken, platform);
    const agreed = { version: spoken, capabilities, webhookUrl: platform?.webhookUrl };
    if (mode === "lenient" || `${SHOPPING}.${topic}` in capabilities) return agreed;
    const content = `The platform's profile does not have ${SHOPPING}.${topic} of ${spoken}`;
    return { refused: errorResponse(agreed, unrecoverable("capabilities_incompatible", content)) };
  }

  /**
   * Verifies the signature of a request of another binding, before the REST binding is asked for it.
   *
   * @param agent the platform, as `UCP-Agent` has it, wherever the binding has it named
   * @throws Problem as the protocol has it
   */
  async verify(request: FastifyRequest, bodyText: string, agent: string | undefined): Promise<void> {
    const { profiles, networkOf } = this.#options;
    const { headers } = request;
    const isSigned = headers.signature !== undefined || headers["signature-input"] !== undefined;
    const url = isSigned && agent !== undefined ? agentIn(agent).url : undefined;
    const platform = url === undefined ? undefined : await profiles.find(url, networkOf(plainAddress(request.ip)));
    this.#verify(request, bodyText, platform);
  }

  /** By name, then by exact version; an extension only with what it extends. */
  #agreed(topic: Topic, version: UcpVersion, platform: PlatformProfile | undefined): Negotiated["capabilities"] {
    const { isPublic, task } = this.#options.names();
    const root = `${SHOPPING}.${topic}`;
    const own = [[root, version], ...(isPublic && EXTENDED.includes(topic) ? [[task, VENDOR_VERSION]] : [])] as const;
    const shared = own.filter(([name, version]) => !platform || platform.capabilities.get(name!)?.includes(version!));
    const isRooted = shared.some(([name]) => name === root);
    return Object.fromEntries(isRooted ? shared.map(([name, version]) => [name, [{ version: version! }]]) : []);
  }

  #verify(request: FastifyRequest, body: string, platform: PlatformProfile | undefined): void {
    const { signatures, publicUrl, clock } = this.#options;
    const { method, headers, originalUrl } = request;
    const [path = "/", query] = originalUrl.split(/\?(.*)/s);
    const derived = { "@method": method, "@path": path, ...(query !== undefined && { "@query": `?${query}` }) };
    const message: SignedMessage = { derived, headers, body };
    if (headers.signature === undefined && headers["signature-input"] === undefined) {
      if (signatures === "required") throw refusal(401, "signature_missing", "Sign the request (RFC 9421)");
      if (headers["content-digest"] !== undefined) demandDigest(message);
      return;
    }
    if (!platform)
      throw refusal(
        401,
        "key_not_found",
        "A signature is verified by the keys of the profile in UCP-Agent, and there is none",
      );
    const authorities = [...new Set([request.host.toLowerCase(), new URL(publicUrl()).host])];
    verifyRequest(message, platform.keys, { authorities, nowSeconds: clock.now() / 1000 });
  }
}

/** @throws Problem 400 */
function agentIn(header: string): { url: string; version?: string } {
  try {
    const members = parseDictionary(header);
    const [url, parameters] = members.get("profile") ?? [];
    if (typeof url !== "string" || url.length > URL_LENGTH_MAX) throw new Error("no profile");
    const version = parameters?.get("version") ?? members.get("version")?.[0];
    return { url, ...(typeof version === "string" && { version }) };
  } catch {
    throw refusal(400, "invalid_profile_url", 'UCP-Agent has to be as profile="https://…" (RFC 8941)');
  }
}

/** @throws Problem 422 for a release that is not spoken */
function demandVersion(version: string): UcpVersion {
  if (isUcpVersion(version)) return version;
  throw refusal(
    422,
    "version_unsupported",
    `Version ${version.slice(0, 40)} is not spoken here, but ${ucpVersions.join(" and ")} are`,
  );
}
