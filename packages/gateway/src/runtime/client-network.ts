import { isIPv4, isIPv6 } from "node:net";

/** What stands for a client whose address nobody can read: all of them are one. */
const UNKNOWN = "unknown";

/**
 * An address in the one spelling that logs and comparisons use. IPv4 that IPv6 carries (mapped, translated, NAT64) is the IPv4 address;
 * IPv6 is in lower case and as short as RFC 5952 has it, without zone. Brackets, quotes and a port, as some proxies write them in
 * X-Forwarded-For, are taken off. `unknown` for what is no address.
 */
export function plainAddress(given: string | undefined): string {
  if (given === undefined) return UNKNOWN;
  if (isIPv4(given)) return given;
  const bare = undecorated(given.trim());
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return UNKNOWN;
  const groups = groupsOf(bare);
  return carriedIPv4(groups) ?? textOf(groups);
}

/** Behind this stands an IPv4 address, and whoever has that has all the /64 networks of its /48 (RFC 3056). */
const SIX_TO_FOUR = 0x2002;

/** Names the network of a client's plain address. */
export type NetworkOf = (address: string) => string;

/**
 * The network that stands for a client wherever clients are counted, compared or share something: an IPv4 address itself, an IPv6 address
 * by its leading bits, for whoever has one address of a /64 has all of them; of 6to4 48 at most. Every spelling of an address gives the same
 * network.
 *
 * @param bits 1 to 128
 */
export function networksOf(bits: number): NetworkOf {
  return (address) => {
    if (isIPv4(address)) return address;
    const plain = plainAddress(address);
    if (!plain.includes(":")) return plain;
    const groups = groupsOf(plain);
    const length = groups[0] === SIX_TO_FOUR ? Math.min(bits, 48) : bits;
    return `${textOf(groups.map((group, i) => group & maskOf(length - 16 * i)))}/${length}`;
  };
}

/** By the /64, the smallest network that is given to anybody (RFC 6177). */
export const networkOf: NetworkOf = networksOf(64);

/** Of a group, the bits that belong to the network. */
const maskOf = (bits: number) => (bits <= 0 ? 0 : bits >= 16 ? 0xffff : 0xffff & ~(0xffff >> bits));

function undecorated(text: string): string {
  const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  const unquoted = quoted ? text.slice(1, -1) : text;
  const bare = unquoted.startsWith("[") ? unquoted.slice(1, unquoted.indexOf("]")) : withoutPort(unquoted);
  const zone = bare.indexOf("%");
  return zone === -1 ? bare : bare.slice(0, zone);
}

/** `192.0.2.1:4711`; what has more colons is IPv6. */
function withoutPort(text: string): string {
  const colon = text.indexOf(":");
  return colon !== -1 && colon === text.lastIndexOf(":") ? text.slice(0, colon) : text;
}

/** The eight groups of an IPv6 address that is known to be one. */
function groupsOf(address: string): number[] {
  const dot = address.indexOf(".");
  const hex = dot === -1 ? address : hexTail(address);
  const gap = hex.indexOf("::");
  if (gap === -1) return numbersOf(hex);
  const head = numbersOf(hex.slice(0, gap));
  const tail = numbersOf(hex.slice(gap + 2));
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** The address with the IPv4 address at its end in two groups. */
function hexTail(address: string): string {
  const start = address.lastIndexOf(":") + 1;
  const [a = 0, b = 0, c = 0, d = 0] = address.slice(start).split(".").map(Number);
  return `${address.slice(0, start)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const numbersOf = (groups: string): number[] =>
  groups === "" ? [] : groups.split(":").map((group) => Number.parseInt(group, 16));

/** Mapped (RFC 4291), translated (RFC 2765) and NAT64's well-known prefix (RFC 6052). */
function carriedIPv4(groups: readonly number[]): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, high = 0, low = 0] = groups;
  const isZero = (a | b | c | d) === 0;
  const isMapped = isZero && e === 0 && f === 0xffff;
  const isTranslated = isZero && e === 0xffff && f === 0;
  const isNat64 = a === 0x64 && b === 0xff9b && (c | d | e | f) === 0;
  if (!isMapped && !isTranslated && !isNat64) return undefined;
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** RFC 5952: the longest run of two zeros or more is left out, of equal ones the first. */
function textOf(groups: readonly number[]): string {
  let start = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
