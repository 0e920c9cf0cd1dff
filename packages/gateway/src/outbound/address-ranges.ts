import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** A set of addresses. */
export interface AddressRanges {
  /** Whether an IPv4 or IPv6 literal, without brackets, is among them; an IPv4-mapped one counts as the IPv4 address that it is. */
  has(address: string): boolean;
}

/** @throws TypeError for what is neither an address nor a CIDR range */
export function addressRanges(ranges: readonly string[]): AddressRanges {
  const list = new BlockList();
  for (const range of ranges) {
    if (!isAddressRange(range)) throw new TypeError(`not an address or a CIDR range: ${range}`);
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, bits === undefined ? bitsOf(address) : Number(bits), familyOf(address));
  }
  return { has: (address) => isAddress(address) && list.check(address, familyOf(address)) };
}

/** Whether `text` is an address, or a CIDR range such as `10.1.0.0/16`. */
export function isAddressRange(text: string): boolean {
  return text.includes("/") ? ipaddr.isValidCIDR(text) && isAddress(text.split("/")[0] ?? "") : isAddress(text);
}

/** Half an address (`127.1`), which some read, is none here; nor is one with a zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

const familyOf = (address: string) => (isIP(address) === 4 ? "ipv4" : "ipv6");
const bitsOf = (address: string) => (isIP(address) === 4 ? 32 : 128);
