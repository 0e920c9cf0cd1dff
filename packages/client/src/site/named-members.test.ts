import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import { FlowNotFoundError, IntentError, StepError } from "./errors.ts";
import { manifest, recordedFetch, searchIntent } from "./testing/recorded-fetch.ts";

const names = ["search", "list", "then", "constructor", "toJSON", "__proto__", "hasOwnProperty", "not-an-identifier"];

async function discover() {
  const { fetch, requests } = recordedFetch(({ method }) =>
    method === "GET"
      ? manifest({
          intents: names.map((name) => ({ ...searchIntent, name, endpoint: `/agent/intents/${name}` })),
          flows: [{ name: "track", orchestration: "client", steps: [{ name: "status", entry: true, next_steps: [] }] }],
        })
      : { ok: true },
  );
  return { site: await new AgentClient({ fetch }).discover("https://shop.test"), requests };
}

test("the namespace can be awaited, printed, spread and inspected", async () => {
  const { site, requests } = await discover();
  expect(await site.intents).toBe(site.intents);
  expect(Object.keys(site.intents)).toEqual(names.filter((name) => name !== "then"));
  expect("search" in site.intents).toBe(true);
  expect("missing" in site.intents).toBe(false);
  expect(Object.keys({ ...site.flows })).toEqual(["track"]);
  expect(() => JSON.stringify(site.flows)).not.toThrow();
  expect(site.intents).toEqual(site.intents);
  expect(Object.isFrozen(site.intents)).toBe(true);
  expect(requests).toHaveLength(1);
});

test("names come from the manifest, never from a prototype", async () => {
  const { site, requests } = await discover();
  for (const name of names) expect(await site.call(name, {})).toEqual({ ok: true });
  expect(await site.intents.constructor?.({})).toEqual({ ok: true });
  expect(await site.intents.list?.({})).toEqual({ ok: true });
  expect(requests.slice(1).map(({ url }) => new URL(url).pathname)).toEqual(
    [...names, "constructor", "list"].map((name) => `/agent/intents/${name}`),
  );
  expect(site.flows.constructor).toBeUndefined();
  expect(site.flows.then).toBeUndefined();
});

test("a name that the manifest lacks says what there is", async () => {
  const { site } = await discover();
  expect(() => site.intents.serch).toThrow(IntentError);
  expect(() => site.flows.checkout).toThrow(FlowNotFoundError);
  expect(() => site.flows.checkout).toThrow("'MyShop' has no flow 'checkout', but ['track']");
  expect(() => site.flows.track?.steps.pay).toThrow(StepError);
  await expect(site.call("serch")).rejects.toMatchObject({ code: "intent_not_found" });
});
