import { isIP } from "node:net";
import type { JWK } from "jose";
import { refusal } from "./refusal.ts";
import { SHOPPING } from "./versions.ts";

/** What is kept of a platform's profile. */
export interface PlatformProfile {
  version: string;
  /** The versions of each capability that it has. */
  capabilities: ReadonlyMap<string, readonly string[]>;
  /** Where it wants to be told of orders. */
  webhookUrl: string | undefined;
  keys: readonly JWK[];
}

const CAPABILITIES_MAX = 200;
const VERSIONS_MAX = 10;
const KEYS_MAX = 20;
const TEXT_MAX = 2_048;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

type JsonObject = Record<string, unknown>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isShort = (value: unknown): value is string => typeof value === "string" && value.length <= TEXT_MAX;

/** Reads a profile as it was served. @throws Problem 422 when it is none */
export function readProfile(text: string): PlatformProfile {
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
  if (!isObject(profile) || !isObject(profile.ucp)) throw malformed("it has no ucp member");
  const { ucp } = profile;
  if (!isShort(ucp.version) || !DATE.test(ucp.version)) throw malformed("ucp.version is no date");
  const { capabilities = {} } = ucp;
  if (!isObject(capabilities)) throw malformed("ucp.capabilities is no map");
  const entries = Object.entries(capabilities).slice(0, CAPABILITIES_MAX);
  const known = entries.map(([name, declared]) => [name.slice(0, 255), versionsIn(name, declared)] as const);
  const keys = [profile.keys, profile.signing_keys].find(Array.isArray) ?? [];
  return {
    version: ucp.version,
    capabilities: new Map(known),
    webhookUrl: webhookIn(capabilities[`${SHOPPING}.order`]),
    keys: keys.filter(isObject).slice(0, KEYS_MAX).map(publicHalf),
  };
}

function versionsIn(name: string, declared: unknown): string[] {
  if (!Array.isArray(declared)) throw malformed(`ucp.capabilities["${name.slice(0, 100)}"] is no list`);
  return declared
    .slice(0, VERSIONS_MAX)
    .map((entry) => (isObject(entry) ? entry.version : undefined))
    .filter((version): version is string => typeof version === "string" && DATE.test(version));
}

function webhookIn(declared: unknown): string | undefined {
  const [first] = (declared as unknown[] | [undefined] | undefined) ?? [];
  const config = isObject(first) ? first.config : undefined;
  const url = isObject(config) ? config.webhook_url : undefined;
  return isShort(url) && URL.canParse(url) && isPrivate(new URL(url)) ? url : undefined;
}

/** Whether nobody on the way reads what is sent there. */
const isPrivate = ({ protocol, hostname }: URL): boolean => protocol === "https:" || isLoopback(hostname);

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** What verifying takes, and nothing else that may stand there. */
function publicHalf({ kid, kty, crv, x, y }: JsonObject): JWK {
  const members = Object.entries({ kid, kty, crv, x, y }).filter(([, value]) => isShort(value));
  return Object.fromEntries(members) as unknown as JWK;
}

const malformed = (why: string) => refusal(422, "profile_malformed", `The profile in UCP-Agent cannot be used: ${why}`);
