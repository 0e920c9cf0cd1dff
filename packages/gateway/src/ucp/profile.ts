import { VENDOR_VERSION, type VendorNames } from "./namespace.ts";
import type { PublicKey } from "./signing-keys.ts";
import {
  currentVersion,
  type Declaration,
  declarationsOf,
  SHOPPING,
  type UcpVersion,
  ucpVersions,
} from "./versions.ts";
import { paymentHandlers } from "./wallet.ts";

export interface ProfileOptions {
  /** Where the gateway is reached, without a slash at its end. */
  url: string;
  names: VendorNames;
  keys: readonly PublicKey[];
  /** Whether an agent stands at the root of the host. */
  hasRootAgent: boolean;
  gatewayVersion: string;
}

export const PROFILE_PATH = "/.well-known/ucp";

/**
 * What the gateway tells platforms of itself, in the words of one release.
 *
 * @param isLeaf whether it is the profile of this release alone, which points to no other
 */
export function profileOf(version: UcpVersion, isLeaf: boolean, options: ProfileOptions) {
  const { url, keys, gatewayVersion } = options;
  const earlier = ucpVersions.filter((one) => one !== currentVersion);
  return {
    ucp: {
      version,
      ...(!isLeaf && {
        supported_versions: Object.fromEntries(earlier.map((one) => [one, `${url}${PROFILE_PATH}/${one}`])),
      }),
      services: { [SHOPPING]: services(version, options) },
      capabilities: capabilities(version, options),
      payment_handlers: options.names.isPublic ? paymentHandlers(options.names, url) : {},
    },
    [version === "2026-04-08" ? "signing_keys" : "keys"]: keys,
    platform: { name: "AgentGate", version: gatewayVersion, url },
    legacy: { catalog: `${url}/ucp/catalog`, checkout: `${url}/ucp/checkout` },
  };
}

function services(version: UcpVersion, { url, hasRootAgent }: ProfileOptions) {
  const spec = `https://ucp.dev/${version}/specification/overview`;
  const rest = {
    version,
    transport: "rest",
    endpoint: `${url}/ucp/v1`,
    spec,
    schema: `https://ucp.dev/${version}/services/shopping/rest.openapi.json`,
  };
  const mcp = {
    version,
    transport: "mcp",
    endpoint: `${url}/ucp/mcp`,
    spec,
    schema: `https://ucp.dev/${version}/services/shopping/mcp.openrpc.json`,
  };
  const a2a = { version, transport: "a2a", endpoint: `${url}/.well-known/agent-card.json`, spec };
  return hasRootAgent ? [rest, mcp, a2a] : [rest, mcp];
}

function capabilities(version: UcpVersion, { url, names }: ProfileOptions): Record<string, Declaration[]> {
  const declared = Object.entries(declarationsOf(version)).map(([name, declaration]) => [name, [declaration]]);
  return { ...Object.fromEntries(declared), ...(names.isPublic && { [names.task]: [taskExtension(url)] }) };
}

/** What a task needs beside an item: its input on a checkout, and its result on an order. */
const taskExtension = (url: string): Declaration => ({
  version: VENDOR_VERSION,
  spec: `${url}/ucp/docs/agent-task`,
  schema: `${url}/ucp/schemas/agent_task.json`,
  extends: EXTENDED,
});

const EXTENDED = [`${SHOPPING}.checkout`, `${SHOPPING}.order`];
