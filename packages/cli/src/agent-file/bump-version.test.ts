import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bumpVersion, nextVersion, versionParts } from "./bump-version.ts";

test.each([
  ["1.2.3", "1.2.4", "1.3.0", "2.0.0"],
  ["0.0.9", "0.0.10", "0.1.0", "1.0.0"],
  ["v1.2.3", "v1.2.4", "v1.3.0", "v2.0.0"],
  ["1.2", "1.2.1", "1.3.0", "2.0.0"],
  ["1", "1.0.1", "1.1.0", "2.0.0"],
  ["1.2.3-beta.1", "1.2.3", "1.3.0", "2.0.0"],
  ["1.3.0-rc", "1.3.0", "1.3.0", "2.0.0"],
  ["2.0.0-rc", "2.0.0", "2.0.0", "2.0.0"],
  ["1.2.3+build.5", "1.2.4", "1.3.0", "2.0.0"],
  ["1.2.99999999999999999999", "1.2.100000000000000000000", "1.3.0", "2.0.0"],
])("after %s come %s, %s and %s", (version, patch, minor, major) => {
  expect(nextVersion(version, "patch")).toBe(patch);
  expect(nextVersion(version, "minor")).toBe(minor);
  expect(nextVersion(version, "major")).toBe(major);
});

test.each(["", "latest", "1.2.3.4", "1..2", "-1.0.0", "1.2.x"])("%j is no version", (version) => {
  expect(() => nextVersion(version, "patch")).toThrow("is not a version such as 1.2.3");
});

describe("in the file", () => {
  test.each([
    [
      "plain, with a comment",
      "# top\nname: a\nversion: 1.2.3   # keep\r\nurl: x\n",
      "# top\nname: a\nversion: 1.2.4   # keep\r\nurl: x\n",
    ],
    ["double quoted", 'version: "1.2.3"\n', 'version: "1.2.4"\n'],
    ["single quoted", "version: '1.2.3'", "version: '1.2.4'"],
    ["a number", "version: 1.20\n", "version: 1.20.1\n"],
    ["without a line end", "version: 1.2.3", "version: 1.2.4"],
    [
      "in another order",
      "skills:\n  - id: x\n    version: 9.9.9\nversion: 1.2.3\n",
      "skills:\n  - id: x\n    version: 9.9.9\nversion: 1.2.4\n",
    ],
    ["in braces", "{ name: a, version: 1.2.3 }", "{ name: a, version: 1.2.4 }"],
  ])("%s: nothing but the version changes", (_, before, after) => {
    expect(bumpVersion("a.yaml", before, "patch").text).toBe(after);
  });

  test.each([
    ["name: a\n", "a.yaml has no version"],
    ["version:\n", "a.yaml has no version"],
    ["version: [1]\n", "a.yaml has no version"],
    ["", "a.yaml has no version"],
    ["version: latest\n", '"latest" is not a version'],
    ["a: [", "a.yaml: "],
  ])("%j is refused", (text, message) => {
    expect(() => bumpVersion("a.yaml", text, "patch")).toThrow(message);
  });

  test("any version comes out as the next, and only there", () => {
    const number = fc.nat({ max: 50 });
    const comment = fc.string({ unit: fc.constantFrom(..."abc 1.2.3:#") });
    fc.assert(
      fc.property(
        number,
        number,
        number,
        comment,
        fc.constantFrom(...versionParts),
        (major, minor, patch, note, part) => {
          const version = `${major}.${minor}.${patch}`;
          const bumped = bumpVersion("a.yaml", `# ${note}\nversion: ${version} # ${note}\n`, part);
          expect(bumped.oldVersion).toBe(version);
          expect(bumped.text).toBe(`# ${note}\nversion: ${bumped.newVersion} # ${note}\n`);
        },
      ),
    );
  });
});
