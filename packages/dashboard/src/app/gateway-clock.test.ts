import { afterEach, expect, test } from "vitest";
import { gatewayNow, noteGatewayTime } from "./gateway-clock.ts";

const off = () => Math.round((gatewayNow() - Date.now()) / 1_000);
afterEach(() => noteGatewayTime(new Date().toUTCString(), Date.now(), Date.now()));

test("a clock that is off follows the gateway's, one that is not stays what it is", () => {
  const now = Date.now();
  noteGatewayTime(new Date(now + 3 * 86_400_000).toUTCString(), now, now + 40);
  expect(Math.abs(off() - 3 * 86_400)).toBeLessThanOrEqual(1);
  noteGatewayTime(new Date(now - 3_600_000).toUTCString(), now, now);
  expect(Math.abs(off() + 3_600)).toBeLessThanOrEqual(1);
  noteGatewayTime(new Date(now + 2_000).toUTCString(), now, now);
  expect(off()).toBe(0);
});

test("an answer that took long, or says nothing of the time, moves nothing", () => {
  const now = Date.now();
  noteGatewayTime(new Date(now).toUTCString(), now, now + 20_000);
  for (const none of [null, "", "soon"]) noteGatewayTime(none, now, now);
  expect(off()).toBe(0);
});
