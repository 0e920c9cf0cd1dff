import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

const directory = temporaryDirectory("make-directory");
afterAll(() => directory.remove());

test("makes what is missing, for its owner alone, and leaves what is there", () => {
  const path = join(directory.path, "a", "b", "c");
  makeDirectory(path);
  writeFileSync(join(path, "kept"), "");
  makeDirectory(`${path}/`);
  expect(readdirSync(path)).toEqual(["kept"]);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test.each([
  ["is a file", "file"],
  ["lies below a file", "file/below"],
])("refuses one that %s", (_, name) => {
  writeFileSync(join(directory.path, "file"), "");
  expect(() => makeDirectory(join(directory.path, name))).toThrow("mkdir");
});
