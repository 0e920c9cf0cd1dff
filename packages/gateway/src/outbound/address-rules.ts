import ipaddr from "ipaddr.js";
import { addressRanges, isAddress } from "./address-ranges.ts";

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
  if (!isAddress(address)) return true;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return true;
  if (parsed instanceof ipaddr.IPv6) return !parsed.match(globalUnicast);
  return parsed.toString() === azureWireServer;
}

/** Where clouds hand out credentials and host privileges to whoever can connect. Most of it is link-local. */
const metadata = addressRanges([
  "169.254.0.0/16",
  "fe80::/10",
  "100.100.100.200", // Alibaba
  "192.0.0.192", // Oracle
  "fd00:ec2::/32", // AWS
  "fd20:ce::254", // Google
  "fd00:42::42", // Scaleway
  azureWireServer,
]);

/**
 * Whether `address` is link-local or a cloud's metadata service, also where an IPv6 address carries it: closed although private
 * networks are open. What cannot be read is refused too.
 */
export function isMetadataAddress(address: string): boolean {
  if (!isAddress(address)) return true;
  return metadata.has(address) || carriedIPv4s(address).some(metadata.has);
}

/** The IPv4 address that an IPv4-compatible, translated, NAT64 (RFC 6052) or 6to4 address stands for. */
function carriedIPv4s(address: string): string[] {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return [];
  const bytes = parsed.toByteArray();
  if (endsInIPv4.has(address)) return [bytes.slice(12).join(".")];
  if (sixToFour.has(address)) return [bytes.slice(2, 6).join(".")];
  return [];
}

const endsInIPv4 = addressRanges(["::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"]);
const sixToFour = addressRanges(["2002::/16"]);
