import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildGuide } from "../packages/dashboard/guide/build-guide.ts";
import { contents } from "../packages/dashboard/guide/contents.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const { guide, lost } = buildGuide();

test("every link of a document leads to a document, to a heading that it has, or to a file of the checkout", () => {
  expect(lost).toEqual([]);
});

test("every document stands in the guide", () => {
  const known = new Set(contents.flatMap(({ entries }) => entries.map(({ file }) => file)));
  // Written by a test for those who write tests.
  const others = ["docs/api-coverage.md"];
  const documents = globSync(["docs/*.md", "docs/site/*.md"], { cwd: root });
  expect(documents.length).toBeGreaterThan(30);
  expect(documents.filter((file) => !known.has(file) && !others.includes(file))).toEqual([]);
});

test("a document is more than its words: tables, code that can be copied, headings that can be linked to", () => {
  const { title, html, sections } = guide.pages.stats!;
  expect(title).toBe("Statistics");
  expect(html).toContain("<table><thead><tr><th>route</th>");
  expect(html).toMatch(
    /<div class="code"><pre tabindex="0"><code id="code-1">agentgate stats --last 7d .*data-copy="code-1"/s,
  );
  expect(html).toContain('<h2 id="which-calls">Which calls</h2>');
  expect(sections.find(({ id }) => id === "which-calls")!.text).toContain("The admin sees all");
});
