import fc from "fast-check";
import { expect, test } from "vitest";
import { siteBase, urlBelow } from "./addresses.ts";

test.each([
  ["https://myshop.com", "https://myshop.com/"],
  ["https://myshop.com/", "https://myshop.com/"],
  ["https://myshop.com/de/?utm=1#top", "https://myshop.com/de"],
  ["https://myshop.com/.well-known/agent-manifest.json", "https://myshop.com/"],
  ["http://localhost:8000", "http://localhost:8000/"],
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000/"],
  ["http://[::1]:8000", "http://[::1]:8000/"],
  ["https://user:secret@myshop.com", "https://myshop.com/"],
])("%s is the site %s", (given, base) => {
  expect(siteBase(given, false).href).toBe(base);
});

test.each([
  "myshop.com",
  "",
  "http://myshop.com",
  "http://localhost.evil.test",
  "http://10.0.0.1",
  "ftp://localhost",
  "file:///etc/passwd",
])("%j is refused", (given) => {
  expect(() => siteBase(given, false)).toThrow(expect.objectContaining({ code: "url_refused" }));
});

test("plain http to another machine is called only when it is allowed", () => {
  expect(siteBase("http://shop.internal:3000", true).href).toBe("http://shop.internal:3000/");
});

test.each([
  ["/agent/intents/search", "https://shop.test/agent/intents/search"],
  ["/a?b=c", "https://shop.test/a?b=c"],
  ["/a//b", "https://shop.test/a//b"],
  ["/%2e%2e/a", "https://shop.test/a"],
])("%s below the site is %s", (path, url) => {
  expect(urlBelow(new URL("https://shop.test"), path)?.href).toBe(url);
});

test.each([
  "@evil.test/x",
  ".evil.test/x",
  ":8443/x",
  "//evil.test/x",
  "/\\evil.test/x",
  "\\\\evil.test/x",
  "/\t/evil.test/x",
  "\n//evil.test",
  "https://evil.test/x",
  "https://shop.test/x",
  "javascript:alert(1)",
  "agent/intents/search",
  "?x",
  "",
])("%j does not lead below the site", (path) => {
  expect(urlBelow(new URL("https://shop.test"), path)).toBeUndefined();
});

test("a site that lives under a path keeps to it", () => {
  const base = new URL("https://host.test/shops/mine");
  expect(urlBelow(base, "/agent/intents/a")?.href).toBe("https://host.test/shops/mine/agent/intents/a");
  expect(urlBelow(base, "/../yours/agent/intents/a")).toBeUndefined();
  expect(urlBelow(base, "/..%2f..")?.pathname).toBe("/shops/mine/..%2f..");
});

test("no text leads off the site", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    "@",
    ":",
    "//",
    "..",
    ".",
    "evil.test",
    "%2f",
    "%5c",
    "?",
    "#",
    "\t",
    "\n",
    "\0",
    "443",
    "[::1]",
    "http:",
    " ",
  );
  const path = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.oneof(piece, fc.string()), { maxLength: 8 }).map((parts) => parts.join("")),
  );
  const base = fc.constantFrom("https://shop.test", "https://shop.test/deep/path", "http://localhost:1234");
  fc.assert(
    fc.property(base, path, (text, given) => {
      const site = new URL(text);
      const url = urlBelow(site, given);
      if (url) expect([url.origin, url.username, url.password]).toEqual([site.origin, "", ""]);
    }),
    { numRuns: 500 },
  );
});
