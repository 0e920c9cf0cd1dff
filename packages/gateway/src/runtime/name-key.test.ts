import { expect, test } from "vitest";
import { mixesScripts, nameKey } from "./index.ts";

test.each([
  "acme",
  "ACME",
  " Acme ",
  "\u00a0Acme\u3000",
  "Ac\u200bme",
  "Ac\u00adme",
  "A\u2060c\ufeffme\ufe0f",
  "Acme\u202e",
  "Ac\u034fme",
  "Ａｃｍｅ",
  "𝐀𝐜𝐦𝐞",
  "Аcme",
  "Асмe",
  "АСМЕ",
  "Αcme",
  "ᴀᴄᴍᴇ",
  "Acme\ud800".slice(0, 4),
  "\u3164Acme",
  "Acme\u2800",
])("%j is Acme", (name) => {
  expect(nameKey(name)).toBe(nameKey("Acme"));
});

test.each([
  ["Caf\u00e9", "Cafe\u0301"],
  ["Straße", "STRASSE"],
  ["ΟΔΟΣ", "οδος"],
  ["Big  Bank", "big\tbank"],
  ["K", "\u212a"],
])("%j and %j are one", (a, b) => {
  expect(nameKey(a)).toBe(nameKey(b));
});

test.each([
  ["Acme", "Acme 2"],
  ["Acme", "Acne"],
  ["Acme", "Acmé"],
  ["Ac me", "Acme"],
  ["北京", "東京"],
  ["agent-1", "agent-2"],
])("%j and %j are two", (a, b) => {
  expect(nameKey(a)).not.toBe(nameKey(b));
});

test("a name with nothing to see has no key", () => {
  for (const name of ["\u200b", " ", "\u2800\u3164", "\u202e\u2066"]) expect(nameKey(name)).toBe("");
});

test("words that mix scripts are told from names of several languages", () => {
  for (const mixed of ["Аcme", "Bаnk of x", "Αpple", "PаyPal", "Ꭺcme"]) expect(mixesScripts(mixed)).toBe(true);
  const fine = [
    "Acme Россия",
    "Ærø A/S",
    "北京 Acme",
    "LINE株式会社",
    "Яндекс",
    "ΑΒΓ",
    "Acme-2",
    "µTorrent",
    "Café",
    "삼성SDS",
  ];
  for (const name of fine) expect(mixesScripts(name)).toBe(false);
});
