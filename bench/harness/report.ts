import type { BenchCase, CaseResult, Row } from "./case.ts";
import type { Machine } from "./machine.ts";
import type { Summary } from "./statistics.ts";

export function renderMachine({ cpu, cores, memoryGiB, kernel, node, commit, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB; Linux ${kernel}, Node ${node}; commit ${commit}; load average ${load.toFixed(2)} before\n`;
}

/** A case as text: medians with their range in brackets, then the targets. */
export function renderCase({ name, title }: BenchCase, { rows, targets, notes, objections }: CaseResult): string {
  const verdicts = targets.map(
    ({ what, limit, measured, met }) => `${met ? "met   " : "MISSED"} ${what}: ${formatNumber(measured)} (${limit})`,
  );
  const refusals = objections.map((objection) => `NOT QUOTABLE ${objection}`);
  return [`${name}: ${title}`, "", renderTable(rows), "", ...verdicts, ...notes, ...refusals, ""].join("\n");
}

function renderTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const lines = [
    ["", ...columns],
    ...rows.map(({ name, figures }) => [name, ...columns.map((column) => formatSummary(figures[column]))]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) => line.map((cell, at) => (at ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join("  "))
    .join("\n");
}

const formatSummary = (summary: Summary | undefined): string =>
  summary && Number.isFinite(summary.median)
    ? `${formatNumber(summary.median)} [${formatNumber(summary.min)}–${formatNumber(summary.max)}]`
    : "–";

const formatNumber = (value: number): string => {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
};
