import { describe, expect, it } from "vitest";
import { goldenScenarios, replayScenario } from "../testing/golden.ts";
import { goldenShop } from "../testing/golden-shop.ts";

describe("fetch face", () => {
  it.each(goldenScenarios())("answers as recorded: $scenario", async (scenario) => {
    const app = goldenShop();
    const send = (path: string, init: RequestInit) => app.fetch(new Request(`https://myshop.com${path}`, init));
    await replayScenario(scenario, send, (actual, expected, name) => expect(actual, name).toEqual(expected));
  });
});
