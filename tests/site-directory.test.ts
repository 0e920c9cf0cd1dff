import { readFileSync } from "node:fs";
import { directoryEntry, directoryFindings, directorySchema, type SiteDirectory } from "@agentgate/protocol/directory";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { goldenShop } from "../packages/site/src/testing/golden-shop.ts";

const ajv = new Ajv2020({ allErrors: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
const isValid = ajv.compile(directorySchema);

const seen = {
  url: "https://myshop.test",
  manifest_digest: `sha256:${"0".repeat(64)}`,
  checked_at: "2026-11-30T12:00:00Z",
};
const entry = directoryEntry(goldenShop().manifest, seen);
const directory: SiteDirectory = {
  directory_version: "1.0",
  name: "Shops",
  updated_at: seen.checked_at,
  sites: [entry],
  next: null,
};

test("a site's entry is what the format says, and tells what it can do", () => {
  expect(directoryFindings(directory)).toEqual([]);
  expect(isValid(directory), JSON.stringify(isValid.errors)).toBe(true);
  expect(entry.intents.map(({ name }) => name)).toEqual(["search_products"]);
  expect(entry.flows.map(({ name, steps }) => [name, steps[0]])).toEqual([
    ["checkout", "add_to_cart"],
    ["track_order", "initiate"],
  ]);
});

/** What stands in place of a member, and where it is found to be wrong. */
const wrong: [place: string, change: (document: any) => void][] = [
  ["/directory_version", (document) => (document.directory_version = "2.0")],
  ["/directory_version", (document) => delete document.directory_version],
  ["/name", (document) => (document.name = "")],
  ["/updated_at", (document) => (document.updated_at = "yesterday")],
  ["/next", (document) => (document.next = 1)],
  ["/sites", (document) => (document.sites = {})],
  ["/sites/0", (document) => (document.sites = ["https://myshop.test"])],
  ["/sites/0/url", (document) => (document.sites[0].url = "javascript:alert(1)")],
  ["/sites/0/url", (document) => (document.sites[0].url = "ftp://myshop.test")],
  ["/sites/0/manifest_url", (document) => delete document.sites[0].manifest_url],
  ["/sites/0/name", (document) => (document.sites[0].name = "x".repeat(256))],
  ["/sites/0/description", (document) => (document.sites[0].description = null)],
  ["/sites/0/agent_api_version", (document) => (document.sites[0].agent_api_version = "2.0")],
  ["/sites/0/manifest_digest", (document) => (document.sites[0].manifest_digest = "md5:0")],
  ["/sites/0/auth", (document) => (document.sites[0].auth = "magic")],
  ["/sites/0/checked_at", (document) => delete document.sites[0].checked_at],
  ["/sites/0/tags", (document) => (document.sites[0].tags = [""])],
  ["/sites/0/intents", (document) => (document.sites[0].intents = null)],
  ["/sites/0/intents/0", (document) => (document.sites[0].intents = [{ name: "" }])],
  ["/sites/0/flows/0", (document) => (document.sites[0].flows[0].orchestration = "peer")],
  ["/sites/0/flows/0", (document) => (document.sites[0].flows[0].steps = [1])],
];

test.each(wrong)("what is wrong at %s, both the readers and the schema refuse", (place, change) => {
  const document = structuredClone(directory);
  change(document);
  expect(directoryFindings(document).map(({ path }) => path)).toContain(place);
  expect(isValid(document)).toBe(false);
});

test("members that nobody knows yet harm nobody", () => {
  const document = {
    ...directory,
    colour: "red",
    sites: [{ ...entry, rating: 5, intents: [{ ...entry.intents[0], fee: 1 }] }],
  };
  expect(directoryFindings(document)).toEqual([]);
  expect(isValid(document)).toBe(true);
});

test("the schema in the repository is the one that gateways serve", () => {
  const file = new URL("../docs/site/agentgate.schema.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(directorySchema);
});
