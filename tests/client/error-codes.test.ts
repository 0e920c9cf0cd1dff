import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../packages/", import.meta.url));
const read = (path: string) => readFileSync(root + path, "utf8");

/** The names in `GatewayErrorCode`, as the client's users complete them. */
const typed = new Set(
  [...read("protocol/src/gateway/error-code.ts").matchAll(/^ {2}\| "(\w+)"/gm)].map(([, name]) => name!),
);

/** Rooms whose refusals are in the words of another protocol. */
const others = /^gateway\/src\/(?:ucp|mcp|a2a)\//;

const sources = globSync("gateway/src/**/*.ts", { cwd: root }).filter(
  (file) => !/\.(?:test|suite|soak)\.ts$|\/testing\//.test(file),
);

test("every code that the gateway refuses by is one of the client's type", () => {
  const codes = sources
    .filter((file) => !others.test(file))
    .flatMap((file) =>
      // The options of a Problem, within the statement that makes it.
      [...read(file).matchAll(/new Problem\((?:[^;]*?)\bcode: "(\w+)"/g)].map(([, code]) => [code!, file]),
    );
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter(([code]) => !typed.has(code!))).toEqual([]);
});

test("so is each that a refusal without one is called by, after its status", () => {
  const titles = /const titles: [^{]*\{(.*?)\n\};/s.exec(read("gateway/src/http/problem.ts"))?.[1] ?? "";
  const codes = [...titles.matchAll(/"([A-Z][^"]+)"/g)].map(([, title]) => title!.toLowerCase().replaceAll(" ", "_"));
  expect(codes.length).toBeGreaterThan(15);
  // An agent's own loop is `chain_loop`.
  expect(codes.filter((code) => !typed.has(code) && code !== "loop_detected")).toEqual([]);
});

test("and each that a call to an agent ends with", () => {
  const logged = sources
    .filter((file) => /^gateway\/src\/routing\//.test(file))
    .flatMap((file) => [...read(file).matchAll(/logged: "(\w+)"/g)].map(([, name]) => `agent_${name}`));
  expect(logged.length).toBeGreaterThan(8);
  expect(logged.filter((code) => !typed.has(code))).toEqual([]);
});
