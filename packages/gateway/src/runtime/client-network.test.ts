import { isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networkOf, networksOf, plainAddress } from "./index.ts";

test.each([
  ["203.0.113.7", "203.0.113.7"],
  [" 203.0.113.7 ", "203.0.113.7"],
  ["203.0.113.7:49152", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:203.0.113.7", "203.0.113.7"],
  ["::ffff:cb00:7107", "203.0.113.7"],
  ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"],
  ["0000:0000:0000:0000:0000:FFFF:CB00:7107", "203.0.113.7"],
  ["[::ffff:203.0.113.7]:80", "203.0.113.7"],
  ["::ffff:203.0.113.7%eth0", "203.0.113.7"],
  ["::ffff:0:203.0.113.7", "203.0.113.7"],
  ["64:ff9b::203.0.113.7", "203.0.113.7"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["[2001:db8::1]:443", "2001:db8::1"],
  ['"[2001:db8::1]:443"', "2001:db8::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["fe80::1%eth0", "fe80::1"],
  ["::1", "::1"],
  ["::", "::"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  [undefined, "unknown"],
  ["", "unknown"],
  ["unknown", "unknown"],
  ["_hidden", "unknown"],
  ["203.0.113", "unknown"],
  ["0x7f.1", "unknown"],
  ["[", "unknown"],
  ["203.0.113.7, 203.0.113.8", "unknown"],
])("%s is written %s", (given, plain) => {
  expect(plainAddress(given)).toBe(plain);
});

/** Spellings of one IPv6 address. */
const spellings = fc
  .tuple(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), fc.nat(7), fc.nat(7))
  .map(([groups, from, count]) => {
    const hex = groups.map((group) => group.toString(16));
    const long = groups.map((group) => group.toString(16).padStart(4, "0").toUpperCase());
    const isGap = groups.slice(from, from + count).every((group) => group === 0) && count > 0 && from + count <= 8;
    const short = isGap ? `${hex.slice(0, from).join(":")}::${hex.slice(from + count).join(":")}` : hex.join(":");
    const [high, low] = groups.slice(6) as [number, number];
    const dotted = `${hex.slice(0, 6).join(":")}:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
    return { groups, texts: [hex.join(":"), long.join(":"), short, dotted, `[${short}]:1`, `${short}%1`] };
  });

describe("of every IPv6 address", () => {
  test("all spellings are one, which is the shortest, and stays what it is", () => {
    fc.assert(
      fc.property(spellings, ({ texts }) => {
        const plain = new Set(texts.map(plainAddress));
        expect(plain.size, texts.join(" ")).toBe(1);
        const [only] = [...plain] as [string];
        expect(plainAddress(only)).toBe(only);
        if (isIPv6(only)) expect(new URL(`http://[${only}]`).hostname).toBe(`[${only}]`);
      }),
      { numRuns: 2_000 },
    );
  });

  test("the network is the same for all that share its bits, and for no other", () => {
    fc.assert(
      fc.property(spellings, fc.integer({ min: 1, max: 128 }), fc.nat(127), ({ groups }, bits, flipped) => {
        // Carried IPv4 has no IPv6 network.
        const first = [0x2001, ...groups.slice(1)];
        const second = first.map((group, i) => (i === flipped >> 4 ? group ^ (0x8000 >> (flipped & 15)) : group));
        const networks = [first, second].map((all) => networksOf(bits)(all.map((g) => g.toString(16)).join(":")));
        if (flipped >= 16) expect(networks[0] === networks[1]).toBe(flipped >= bits);
        expect(networks[0]).toMatch(new RegExp(`/${bits}$`));
      }),
      { numRuns: 2_000 },
    );
  });
});

test("by default a client is its IPv4 address, or its /64", () => {
  expect(networkOf("203.0.113.7")).toBe("203.0.113.7");
  expect(networkOf("::ffff:203.0.113.7")).toBe("203.0.113.7");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(networkOf("2001:DB8:1:2::")).toBe("2001:db8:1:2::/64");
  expect(networkOf("::1")).toBe("::/64");
  expect(networkOf("nonsense")).toBe("unknown");
  expect(networkOf("2002:cb00:7107:1:2:3:4:5")).toBe("2002:cb00:7107::/48");
  expect(networkOf("2002:CB00:7107:ffff::1")).toBe("2002:cb00:7107::/48");
  expect(networkOf("2002:cb00:7108:1::1")).toBe("2002:cb00:7108::/48");
  expect(networksOf(32)("2002:cb00:7107:1::1")).toBe("2002:cb00::/32");
});
