import { addressRanges } from "./address-ranges.ts";
import { isMetadataAddress, isRefusedAddress } from "./address-rules.ts";

/** Which addresses may be connected to, as the operator has it. */
export interface AddressPolicy {
  /** Opens private networks, and all else that is not on the public internet but link-local and cloud metadata addresses. */
  allowPrivateNetworks: boolean;
  /** Addresses and CIDR ranges that are open whatever else holds. */
  allowedAddresses?: readonly string[];
}

/** The policy, applied to addresses. */
export interface AddressRule {
  readonly allowPrivateNetworks: boolean;
  /** Whether connections to an address (an IPv4 or IPv6 literal, without brackets) are refused. */
  refuses(address: string): boolean;
  /** What is wrong with a host that is refused. */
  readonly reason: string;
}

/** @throws TypeError for an allowed address that is none */
export function createAddressRule({ allowPrivateNetworks, allowedAddresses = [] }: AddressPolicy): AddressRule {
  const allowed = addressRanges(allowedAddresses);
  const isRefused = allowPrivateNetworks ? isMetadataAddress : isRefusedAddress;
  return {
    allowPrivateNetworks,
    refuses: (address) => isRefused(address) && !allowed.has(address),
    reason: allowPrivateNetworks
      ? "the host has a link-local or cloud metadata address"
      : "the host is not on the public internet",
  };
}
