import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// On npm, the name agentgate alone is somebody else's package.
test("no page tells anybody to run somebody else's command", () => {
  const pages = globSync(
    ["*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.{md,ts}", "packages/*/src/**/*.ts"],
    {
      exclude: (name) => name.includes("node_modules"),
    },
  );
  expect(pages.length).toBeGreaterThan(100);
  const strangers = pages.filter((page) =>
    /\bnpx (--?\S+ )*agentgate\b|npm (install|i|exec) (-\S+ )*agentgate\b/.test(readFileSync(page, "utf8")),
  );
  expect(strangers).toEqual([]);
});
