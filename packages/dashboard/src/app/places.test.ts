import { expect, test } from "vitest";
import { placeGroups, places } from "./places.ts";

test("each page has a letter of its own, and the bar has room for them", () => {
  const letters = places.map(({ letter }) => letter);
  expect(new Set(letters).size).toBe(letters.length);
  for (const letter of letters) expect(letter).toMatch(/^[a-z]$/);
  expect(places.filter((place) => "isInBar" in place && place.isInBar).length).toBeLessThanOrEqual(4);
  for (const { group } of places) expect(placeGroups).toContain(group);
});
