import type { Clock } from "../runtime/index.ts";
import type { AddressRule } from "./address-policy.ts";
import { OutboundError } from "./outbound-error.ts";
import type { Resolve, ResolvedAddress } from "./resolver.ts";
import { parseTarget, refusedAddress } from "./target.ts";

export type RegistrationCheck = { ok: true; url: URL } | { ok: false; reason: string };

/** A registration does not wait longer for a name server. */
const lookupMs = 3_000;

/**
 * The rules of {@link parseTarget} and, unless private networks are allowed, the addresses that the name has now. A name that does not
 * resolve, or not in time, passes.
 */
export async function checkRegistration(
  text: string,
  rule: AddressRule,
  resolve: Resolve,
  clock: Clock,
): Promise<RegistrationCheck> {
  try {
    const { url, host, hosted } = parseTarget(text, rule);
    if (hosted !== undefined) return { ok: false, reason: "the name belongs to agents that the gateway hosts" };
    if (!rule.allowPrivateNetworks) {
      const addresses = await lookUp(host, resolve, clock);
      if (addresses.some(({ address }) => rule.refuses(address))) throw refusedAddress(rule);
    }
    return { ok: true, url };
  } catch (error) {
    if (OutboundError.isInstance(error)) return { ok: false, reason: error.message };
    throw error;
  }
}

async function lookUp(host: string, resolve: Resolve, clock: Clock): Promise<readonly ResolvedAddress[]> {
  return new Promise((settle) => {
    const cancel = clock.after(lookupMs, () => settle([]));
    resolve(host)
      .then(settle, () => settle([]))
      .finally(cancel);
  });
}
