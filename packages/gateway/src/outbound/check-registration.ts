import type { Clock } from "../runtime/index.ts";
import { isRefusedAddress } from "./address-rules.ts";
import { OutboundError } from "./outbound-error.ts";
import type { Resolve, ResolvedAddress } from "./resolver.ts";
import { type AddressPolicy, parseTarget, refusedAddress } from "./target.ts";

export type RegistrationCheck = { ok: true; url: URL } | { ok: false; reason: string };

/** A registration does not wait longer for a name server. */
const lookupMs = 3_000;

/** The rules of {@link parseTarget}, and the addresses the name has now. A name that does not resolve, or not in time, passes. */
export async function checkRegistration(
  text: string,
  policy: AddressPolicy & { resolve: Resolve },
  clock: Clock,
): Promise<RegistrationCheck> {
  try {
    const { url, host } = parseTarget(text, policy);
    if (!policy.allowPrivateNetworks) {
      const addresses = await lookUp(host, policy.resolve, clock);
      if (addresses.some(({ address }) => isRefusedAddress(address))) throw refusedAddress();
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
