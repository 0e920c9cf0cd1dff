import stringWidth from "string-width";
import { printable } from "./printable.ts";

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: "right";
  /** May be cut when the terminal is too narrow. */
  shrinks?: boolean;
  /** Decorates the cell once it has its width. */
  style?: (text: string, row: Row) => string;
}

const GAP = "  ";
const SHRUNK_MIN = 8;

/** Rows in columns as wide as their content, no wider in all than `widthMax`. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { widthMax = Number.POSITIVE_INFINITY, styleTitle = (title: string) => title } = {},
): string {
  const cells = rows.map((row) => columns.map(({ value }) => printable(value(row))));
  const widths = columns.map(({ title }, at) =>
    Math.max(...[title, ...cells.map((row) => row[at]!)].map((text) => stringWidth(text))),
  );
  shrink(widths, columns, widthMax);
  const fit = (text: string, at: number) => {
    const cut = truncate(text, widths[at]!);
    const padding = " ".repeat(widths[at]! - stringWidth(cut));
    return columns[at]?.align === "right" ? padding + cut : cut + padding;
  };
  const lines = [
    columns.map(({ title }, at) => styleTitle(fit(title.toUpperCase(), at))),
    ...cells.map((row, index) =>
      row.map((text, at) => columns[at]?.style?.(fit(text, at), rows[index]!) ?? fit(text, at)),
    ),
  ];
  return lines.map((line) => line.join(GAP).trimEnd()).join("\n");
}

/** Takes from the widest column that may shrink until the row fits or nothing is left to take. */
function shrink<Row>(widths: number[], columns: readonly Column<Row>[], widthMax: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  while (total() > widthMax) {
    const candidates = columns.flatMap(({ shrinks }, at) => (shrinks && widths[at]! > SHRUNK_MIN ? [at] : []));
    const widest = candidates.sort((a, b) => widths[b]! - widths[a]!)[0];
    if (widest === undefined) return;
    widths[widest]! -= 1;
  }
}

function truncate(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Names and values below each other: `Balance   $5.00`. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string])[],
  styleName = (name: string) => name,
) {
  const width = Math.max(...fields.map(([name]) => stringWidth(name)));
  return fields.map(([name, value]) => `${styleName(name.padEnd(width))}${GAP}${printable(value)}`).join("\n");
}
