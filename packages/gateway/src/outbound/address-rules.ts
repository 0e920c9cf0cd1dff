import ipaddr from "ipaddr.js";

/** The IPv6 space IANA has opened for global unicast; everything outside it is special in one way or another. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");

/** Azure's WireServer: a public address that answers, with host privileges, from inside a virtual machine only. */
const azureWireServer = "168.63.129.16";

/**
 * Whether `address` (an IPv4 or IPv6 literal, without brackets) lies outside the public unicast internet: loopback, private,
 * link-local, carrier-grade NAT, multicast, broadcast, documentation, benchmarking, reserved, unspecified, and every IPv6 form
 * that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo). What cannot be read is refused too.
 *
 * The ranges are those of the IANA special-purpose registries (RFC 6890 and successors).
 */
export function isRefusedAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || address.includes("%")) return true;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return true;
  if (parsed instanceof ipaddr.IPv6) return !parsed.match(globalUnicast);
  return parsed.toString() === azureWireServer;
}
