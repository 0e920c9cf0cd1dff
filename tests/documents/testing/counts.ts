import type { Tried } from "./trials.ts";

/** Reasons that are told one by one. */
const REASONS: Readonly<Record<string, string>> = {
  "beyond --max": "beyond `--max`",
  deprecated: "deprecated",
  "a path with a query or a fragment": "its path has a query or a fragment",
  "neither JSON nor a form": "neither JSON nor a form",
  "it has a server of its own": "a server of its own",
  "a required part that cannot be carried": "a required part cannot be carried",
  "an input that contradicts itself": "its input contradicts itself",
};

/** What came of the documents of several packages, as the page about the import tells it. */
export function tableOf(columns: readonly { title: string; tried: readonly Tried[] }[]): string {
  const row = (what: string, count: (one: Tried) => number) => {
    const sums = columns.map(({ tried }) => tried.reduce((all, one) => all + count(one), 0).toLocaleString("en"));
    return `| ${what} | ${sums.join(" | ")} |`;
  };
  const others = ({ leftOut }: Tried) =>
    Object.entries(leftOut).reduce((all, [kind, count]) => (kind in REASONS ? all : all + count), 0);
  return [
    `| | ${columns.map(({ title }) => title).join(" | ")} |`,
    `| --- |${" ---: |".repeat(columns.length)}`,
    row("documents", () => 1),
    row("of them larger than 20 MB, and refused", ({ refused }) => (refused === undefined ? 0 : 1)),
    row("operations", ({ operations }) => operations),
    row("drafted, compiled, and called", ({ called }) => called),
    ...Object.entries(REASONS).map(([kind, words]) => row(`left out: ${words}`, ({ leftOut }) => leftOut[kind] ?? 0)),
    row("left out for another reason", others),
  ].join("\n");
}
