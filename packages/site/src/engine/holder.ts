import type { Exchange } from "../exchange/exchange.ts";
import type { Caller } from "./caller.ts";
import type { Site } from "./site.ts";
import { SiteRequest } from "./site-request.ts";

/**
 * Whose share of a store a caller's records take: its own when it is authenticated, else that of its network address. What
 * it says of itself (an agent id, a key that anybody can make) counts only where nothing else is known.
 */
export function holderOf(site: Site, exchange: Exchange, { principal, owner }: Caller): string {
  if (principal) return owner;
  const { clientAddress } = site;
  const address = clientAddress ? clientAddress(new SiteRequest(site, exchange)) : exchange.address;
  return address ? `address:${networkOf(address)}` : owner;
}

/** One customer's network: an IPv4 address in any spelling, the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  const [text = ""] = address
    .toLowerCase()
    .replace(/^\[|\].*$/g, "")
    .split("%");
  const [, v4] = /^(?:[0:]*:(?:ffff:(?:0:)?)?)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(text) ?? [];
  if (v4 || !text.includes(":")) return v4 ?? text;
  const [head = "", tail] = text.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const last = tail.split(":").filter(Boolean);
    while (groups.length + last.length < 8) groups.push("0");
    groups.push(...last);
  }
  const mapped = groups.slice(0, 5).every((group) => /^0+$/.test(group)) && groups[5] === "ffff";
  if (mapped) {
    const [high, low] = [Number.parseInt(groups[6]!, 16), Number.parseInt(groups[7]!, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
