import { isIP } from "node:net";

/** Names that are the gateway's own. */
export interface VendorNames {
  /** Whether the public host stands for them, so that profiles may declare them. */
  isPublic: boolean;
  /** The extension that a task's input and result are under. */
  task: string;
  /** The payment handler. */
  wallet: string;
}

/** Version of the extension and of the handler, which have their own. */
export const VENDOR_VERSION = "2026-11-01";

/** Where no host stands for the names: `.local` is nobody's (RFC 6762), so they collide with no vendor's. */
const NO_HOST = "local.agentgate";
/** The grammar of names in 2026-04-08; later releases allow more. */
const NAME = /^[a-z][a-z0-9]*(?:\.[a-z][a-z0-9_]*)+$/;

/**
 * The names that a public host gives: its labels reversed. An address, a host of one label and one with a hyphen, which the older grammar
 * does not know, give none: then answers use names under `local.agentgate`, and profiles declare nothing of the vendor's.
 */
export function vendorNamesOf(publicUrl: string): VendorNames {
  const { hostname } = new URL(publicUrl);
  const reversed = hostname.toLowerCase().replace(/\.$/, "").split(".").reverse().join(".");
  const isPublic =
    isIP(hostname.replace(/^\[|\]$/g, "")) === 0 && NAME.test(reversed) && !/^local(?:host)?\./.test(reversed);
  const namespace = isPublic ? reversed : NO_HOST;
  return { isPublic, task: `${namespace}.agent_task`, wallet: `${namespace}.wallet` };
}
