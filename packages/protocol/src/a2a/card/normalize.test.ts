import { describe, expect, test } from "vitest";
import { canonicalJson, normalizeCard } from "../index.ts";

const card = {
  protocolVersion: "0.3.0",
  name: "a",
  description: "d",
  url: "https://a.example/rpc",
  preferredTransport: "JSONRPC",
  version: "1.0.0",
  capabilities: { streaming: true },
  skills: [],
};
const grpc = { url: "a.example:443", protocolBinding: "GRPC", protocolVersion: "1.0" };
const v1 = { url: "https://a.example/v1", protocolBinding: "HTTP+JSON", protocolVersion: "1.0" };
const earlier = { url: "https://a.example/rpc", binding: "JSONRPC", version: "0.3" };

describe("a hybrid's interfaces", () => {
  test.each([
    ["1.0's, where one of them can be spoken", [grpc, v1], [{ url: v1.url, binding: "HTTP+JSON", version: "1.0" }]],
    ["those of before, where 1.0 names only what cannot", [grpc], [earlier]],
    [
      "those of before, where 1.0's name no address",
      [{ protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      [earlier],
    ],
    ["those of before, where there are none of 1.0", [], [earlier]],
  ])("are %s", (_, supportedInterfaces, interfaces) => {
    expect(normalizeCard({ ...card, supportedInterfaces }).interfaces).toEqual(interfaces);
  });
});

test("the protocol's members are read by their proto names, and all others keep their own", () => {
  const own = { payment_address: "acct-1", schema_version: "1", x_a: { b_c: 1 } };
  const { rest, skills, capabilities } = normalizeCard({
    ...card,
    ...own,
    icon_url: "https://a.example/icon",
    capabilities: { push_notifications: true, own_flag: 1 },
    skills: [{ id: "s", name: "S", input_modes: ["text/plain"], price_hint: "low" }],
  });
  expect(rest).toMatchObject({ ...own, iconUrl: "https://a.example/icon" });
  expect(capabilities.pushNotifications).toBe(true);
  expect(skills).toEqual([
    { id: "s", name: "S", description: "", tags: [], inputModes: ["text/plain"], price_hint: "low" },
  ]);
});

test("a number that no double holds is signed as its reader will read it", () => {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  expect(canonicalJson({ chainId: rawJSON("12345678901234567890") })).toBe('{"chainId":12345678901234567000}');
});
