import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { verifyWebhook, WebhookVerificationError } from "./index.ts";

const secretOf = (text: string) => `whsec_${Buffer.from(text.padEnd(32, "-")).toString("base64")}`;
const SECRET = secretOf("the secret");
const BODY = JSON.stringify({ event: "task.completed", at: "2026-11-21T20:00:00Z", org_id: null, text: "ü€" });
const AT = new Date("2026-11-21T20:00:00Z");
const now = AT.getTime();

/** Headers as the library that others use makes them. */
const signed = (body = BODY, secret = SECRET, at = AT) => ({
  "webhook-id": "msg_1",
  "webhook-timestamp": `${Math.floor(at.getTime() / 1000)}`,
  "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
});
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => new Error("it was taken"),
    (error) => error,
  );
  expect(error).toBeInstanceOf(WebhookVerificationError);
  return error.message;
};

describe("verifyWebhook", () => {
  test("takes what standardwebhooks has signed, from text or bytes, whatever the headers are kept in", async () => {
    const headers = signed();
    const told = { event: "task.completed", at: "2026-11-21T20:00:00Z", org_id: null, text: "ü€" };
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]));
    for (const kept of [headers, new Headers(headers), upper])
      expect(await verifyWebhook(BODY, kept, SECRET, { now })).toEqual(told);
    expect(await verifyWebhook(Buffer.from(BODY), headers, SECRET, { now })).toEqual(told);
    expect(await verifyWebhook(BODY, headers, [secretOf("another"), SECRET], { now })).toEqual(told);
  });

  test("one of several signatures has to fit, and kinds that it does not know are passed over", async () => {
    const others = `v1a,AAAA v2,nonsense v1,@@@ ${new Webhook(secretOf("old")).sign("msg_1", AT, BODY)}`;
    const headers = { ...signed(), "webhook-signature": `${others} ${signed()["webhook-signature"]}` };
    await verifyWebhook(BODY, headers, SECRET, { now });
    expect(await refusal(verifyWebhook(BODY, { ...headers, "webhook-signature": others }, SECRET, { now }))).toMatch(
      /No signature fits/,
    );
  });

  test("five minutes are let pass, before and after", async () => {
    for (const seconds of [-299, 299]) await verifyWebhook(BODY, signed(), SECRET, { now: now + seconds * 1000 });
    for (const seconds of [-301, 301])
      expect(await refusal(verifyWebhook(BODY, signed(), SECRET, { now: now + seconds * 1000 }))).toMatch(/too old/);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["a changed body", () => verifyWebhook(`${BODY} `, signed(), SECRET, { now }), /No signature/],
    ["another id", () => verifyWebhook(BODY, { ...signed(), "webhook-id": "msg_2" }, SECRET, { now }), /No signature/],
    ["another secret", () => verifyWebhook(BODY, signed(), secretOf("another"), { now }), /No signature/],
    ["no headers", () => verifyWebhook(BODY, {}, SECRET, { now }), /webhook-id is missing/],
    ["no time", () => verifyWebhook(BODY, { ...signed(), "webhook-timestamp": "1e9" }, SECRET, { now }), /no time/],
    ["an empty secret", () => verifyWebhook(BODY, signed(), "whsec_", { now }), /secret is none/],
    ["a secret that is none", () => verifyWebhook(BODY, signed(), "whsec_@", { now }), /secret is none/],
    ["no JSON", () => verifyWebhook("x", signed("x"), SECRET, { now }), /no JSON/],
  ])("%s is refused", async (_, verify, message) => {
    expect(await refusal(verify())).toMatch(message);
  });
});
