import { expect, test } from "vitest";
import { createAddressRule } from "./address-policy.ts";
import { OutboundError } from "./outbound-error.ts";
import { parseTarget } from "./target.ts";

const publicOnly = createAddressRule({ allowPrivateNetworks: false });
const privateToo = createAddressRule({ allowPrivateNetworks: true });

function kindOf(url: string, rule = publicOnly): string {
  try {
    parseTarget(url, rule);
    return "accepted";
  } catch (error) {
    if (OutboundError.isInstance(error)) return error.kind;
    throw error;
  }
}

/** Spellings of addresses that must not be reached. */
const refusedSpellings = [
  // IPv4: dotted, decimal, octal, hexadecimal, mixed, short, padded
  "http://127.0.0.1/",
  "http://127.0.0.1./",
  "http://127.1/",
  "http://127.0.1/",
  "http://2130706433/",
  "http://017700000001/",
  "http://0x7f000001/",
  "http://0X7F000001/",
  "http://0x7f.0x0.0x0.0x1/",
  "http://0x7f.1/",
  "http://0177.0.0.1/",
  "http://0177.0.0.01/",
  "http://00000177.0.0.1/",
  "http://127.0.0.0x1/",
  "http://0x00000000007f.0.0.1/",
  "http://127.0x000001/",
  "http://0/",
  "http://0.0.0.0/",
  "http://0x0/",
  "http://00000000000/",
  "http://0xa.1/",
  "http://012.0.0.1/",
  "http://3232235777/",
  "http://100.64.0.1/",
  // The parser's own normalisations: percent-encoding, full-width and circled digits, ideographic dots, tabs, backslashes, no slashes
  "http://%31%32%37.0.0.1/",
  "http://127%2e0%2e0%2e1/",
  "http://127.0.0.%31/",
  "http://１２７.０.０.１/",
  "http://①②⑦.⓪.⓪.①/",
  "http://127。0。0。1/",
  "http://127．0｡0.1/",
  "http://0ⅹ7f000001/",
  "http://1\t27.0.\n0.1/",
  " http://127.0.0.1/ ",
  "http:\\\\127.0.0.1\\",
  "http:127.0.0.1",
  "http:/127.0.0.1/",
  "http:////127.0.0.1/",
  "http://@127.0.0.1/",
  "http://127.0.0.1:80/",
  "HTTP://127.0.0.1/",
  // IPv6
  "http://[::1]/",
  "http://[0:0:0:0:0:0:0:1]/",
  "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
  "http://[::]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::FFFF:7F00:1]/",
  "http://[0:0:0:0:0:ffff:127.0.0.1]/",
  "http://[::127.0.0.1]/",
  "http://[::ffff:0:127.0.0.1]/",
  "http://[64:ff9b::127.0.0.1]/",
  "http://[64:ff9b:1::a00:1]/",
  "http://[2002:7f00:1::]/",
  "http://[2001:0:7f00:1::]/",
  "http://[fec0::1]/",
  "http://[ff02::1]/",
  // Names of loopback
  "http://localhost/",
  "http://localhost./",
  "http://LOCALHOST/",
  "http://ｌｏｃａｌｈｏｓｔ/",
  "http://loc%61lhost/",
  "http://agent.localhost/",
  "http://agent.localhost.:8080/",
];

/** Spellings of link-local and cloud metadata addresses, which must not be reached in any mode. */
const metadataSpellings = [
  "http://169.254.169.254/latest/meta-data/",
  "http://2852039166/",
  "http://0xa9fea9fe/",
  "http://0xA9.0xFE.0xA9.0xFE/",
  "http://0251.0376.0251.0376/",
  "http://169.254.43518/",
  "http://169.254.169.254./",
  "http://１６９.２５４.１６９.２５４/",
  "http://169.254.170.2/",
  "http://100.100.100.200/",
  "http://168.63.129.16/",
  "http://192.0.0.192/",
  "http://[fe80::1]/",
  "http://[fe80::a9fe:a9fe]/",
  "http://[fd00:ec2::254]/",
  "http://[FD00:0EC2:0::23]/",
  "http://[fd20:ce::254]/",
  "http://[fd00:42::42]/",
  "http://[::ffff:169.254.169.254]/",
  "http://[::ffff:6464:64c8]/",
  "http://[::169.254.169.254]/",
  "http://[::ffff:0:169.254.169.254]/",
  "http://[64:ff9b::a9fe:a9fe]/",
  "http://[64:ff9b:1::a9fe:a9fe]/",
  "http://[2002:a9fe:a9fe::]/",
];

test.each([...refusedSpellings, ...metadataSpellings])("the address of %j is refused", (url) => {
  expect(kindOf(url)).toBe("refused_address");
});

/** URLs that break a rule of form; with private networks allowed too. */
const invalidUrls = [
  "",
  "agent",
  "//agent.example/",
  "/path",
  "http://",
  "http:// /",
  "http://agent example/",
  "ftp://agent.example/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:70/",
  "data:text/plain,x",
  "javascript:alert(1)",
  "ws://agent.example/",
  "unix:///var/run/docker.sock",
  "http+unix://%2fvar%2frun%2fdocker.sock/",
  "http://user@agent.example/",
  "http://user:secret@agent.example/",
  "http://:secret@agent.example/",
  "http://agent.example@127.0.0.1/",
  "http://1.1.1.1&@127.0.0.1/",
  "http://1.1.1.1:80@127.0.0.1:81/",
  "http://agent.example%40127.0.0.1@127.0.0.1/",
  "http://agent.example/#fragment",
  "http://agent.example/#",
  "http://agent.example#@127.0.0.1/",
  "http://agent.example%00.evil.example/",
  "http://agent%09.example/",
  "http://agent.example%2f@127.0.0.1/",
  "http://[fe80::1%25eth0]/",
  "http://[::1",
  "http://[::1]extra/",
  "http://[127.0.0.1]/",
  "http://[::ffff:127.1]/",
  "http://256.0.0.1/",
  "http://1.2.3.4.5/",
  "http://0x100000000/",
  "http://agent.example:99999/",
  "http://agent.example:25/",
  "http://agent.example:6379x/",
  "http://agent.example:0/",
  "https://agent.example:22/",
  `http://agent.example/${"a".repeat(2048)}`,
];

test.each(invalidUrls)("%j is invalid", (url) => {
  expect(kindOf(url)).toBe("invalid_request");
  expect(kindOf(url, privateToo)).toBe("invalid_request");
});

test.each([
  ["https://agent.example", "https://agent.example", "/"],
  ["https://agent.example:443/a2a?x=1", "https://agent.example", "/a2a?x=1"],
  ["http://agent.example:8080/a b", "http://agent.example:8080", "/a%20b"],
  ["http://agent.example:6379/", "http://agent.example:6379", "/"],
  ["http://8.8.8.8/", "http://8.8.8.8", "/"],
  ["http://134744072/", "http://8.8.8.8", "/"],
  ["http://[2606:4700:4700::1111]/", "http://[2606:4700:4700::1111]", "/"],
  ["http://bücher.example/", "http://xn--bcher-kva.example", "/"],
  ["http://localhost.example/", "http://localhost.example", "/"],
  ["http://127.0.0.1.example/", "http://127.0.0.1.example", "/"],
])("%j is accepted", (url, origin, path) => {
  expect(parseTarget(url, publicOnly)).toMatchObject({ origin, path });
});

test.each(refusedSpellings)("allowing private networks lifts the address rule for %j", (url) => {
  expect(kindOf(url, privateToo)).toBe("accepted");
});

test.each(metadataSpellings)("allowing private networks leaves %j closed", (url) => {
  expect(kindOf(url, privateToo)).toBe("refused_address");
});

test("what the operator names is open, and nothing beside it", () => {
  const allowedAddresses = ["169.254.10.0/24", "10.1.2.3", "fd00:ec2::254", "127.0.0.0/8"];
  for (const allowPrivateNetworks of [false, true]) {
    const rule = createAddressRule({ allowPrivateNetworks, allowedAddresses });
    for (const host of ["169.254.10.7", "10.1.2.3", "[fd00:ec2::254]", "[::ffff:169.254.10.7]", "localhost"]) {
      expect(kindOf(`http://${host}/`, rule)).toBe("accepted");
    }
    for (const host of ["169.254.11.7", "169.254.169.254", "[fd00:ec2::23]"]) {
      expect(kindOf(`http://${host}/`, rule)).toBe("refused_address");
    }
    expect(kindOf("http://10.1.2.4/", rule)).toBe(allowPrivateNetworks ? "accepted" : "refused_address");
  }
});

test.each(["10.0.0.0/33", "10.1", "localhost", "fe80::1%eth0", "", "/8", "10.0.0.0/"])(
  "%j names no addresses",
  (range) => {
    expect(() => createAddressRule({ allowPrivateNetworks: false, allowedAddresses: [range] })).toThrow(TypeError);
  },
);

test("no message repeats the address", () => {
  for (const url of [...refusedSpellings, ...metadataSpellings]) {
    expect(() => parseTarget(url, publicOnly)).toThrow(/^the host is not on the public internet$/);
  }
});
