import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  link?: boolean;
}

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
  packages: Record<string, Locked>;
};

/** Where Node, and npm, would find `name` from the package at `place`; undefined when the lock has none. */
function resolved(place: string, name: string): string | undefined {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const found = `${at ? `${at}/` : ""}node_modules/${name}`;
    if (packages[found]) return found;
    if (at === "") return undefined;
    if (!at.includes("node_modules/")) at = "";
  }
}

// npm writes a lock without other platforms' packages when it stands beside a node_modules (npm/cli#4828); `npm ci` refuses such a one.
test("the lock holds every package that another one names, for every platform", () => {
  const missing = Object.entries(packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !resolved(place, name))
      .map((name) => `${name} (of ${place || "the workspace"})`),
  );
  expect(missing).toEqual([]);
});
