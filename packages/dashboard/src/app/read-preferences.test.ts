import { expect, test } from "vitest";
import { readPreferences } from "./read-preferences.ts";

const usual = { theme: "system", zone: "UTC", density: "comfortable", letters: "on" };

test("what cookies say counts, and of the zone what a link says", () => {
  const cookie = "theme=dark; zone=Asia%2FTokyo; density=compact; letters=off";
  const kept = { theme: "dark", zone: "Asia/Tokyo", density: "compact", letters: "off" };
  expect(readPreferences(cookie, "", "UTC")).toEqual(kept);
  expect(readPreferences(cookie, "?zone=Europe/Paris", "UTC")).toEqual({ ...kept, zone: "Europe/Paris" });
});

test.each(["", "zone=%", "zone=%ff; theme=blue", "zone; density; letters", "zone=Mars%2FOlympus"])(
  "what cannot be read is as if it were not there: %j",
  (cookie) => {
    expect(readPreferences(cookie, "?zone=%25", "UTC")).toEqual(usual);
  },
);
