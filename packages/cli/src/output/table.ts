import { printable } from "./printable.ts";
import { textWidth } from "./text-width.ts";

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

/**
 * Rows in columns as wide as their content, no wider in all than `widthMax`: columns that may be cut are, and where that is not enough
 * columns are left out; the first one stays, and is cut only when it has no room alone.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { widthMax = Number.POSITIVE_INFINITY, styleTitle = (title: string) => title } = {},
): string {
  const measured = columns.map((column) => measure({ ...column, title: printable(column.title) }, rows));
  leaveOut(measured, widthMax);
  shrink(measured, widthMax);
  const lines = [
    measured.map((column) => styleTitle(fit(column.title.toUpperCase(), column))),
    ...rows.map((row, at) =>
      measured.map((column) => {
        const text = fit(column.texts[at]!, column);
        return column.style?.(text, row) ?? text;
      }),
    ),
  ];
  return lines.map((line) => line.join(GAP).trimEnd()).join("\n");
}

interface MeasuredColumn<Row> extends Column<Row> {
  texts: string[];
  width: number;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): MeasuredColumn<Row> {
  const texts = rows.map((row) => printable(column.value(row)));
  return { ...column, texts, width: Math.max(...[column.title, ...texts].map((text) => textWidth(text))) };
}

function fit<Row>(text: string, { width, align }: MeasuredColumn<Row>): string {
  const cut = truncate(text, width);
  const padding = " ".repeat(width - textWidth(cut));
  return align === "right" ? padding + cut : cut + padding;
}

const totalOf = (widths: readonly number[]) =>
  widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));

/**
 * Drops columns for which even cutting makes no room: of those that may be cut all but the first, the last ones first; then of those
 * that may not, and the table's first one never.
 */
function leaveOut<Row>(columns: MeasuredColumn<Row>[], widthMax: number): void {
  const least = () => totalOf(columns.map(({ width, shrinks }) => (shrinks ? Math.min(width, SHRUNK_MIN) : width)));
  while (least() > widthMax && columns.length > 1) {
    const cut = columns.findLastIndex(({ shrinks }) => shrinks);
    const isOnlyOne = cut === columns.findIndex(({ shrinks }) => shrinks);
    const whole = columns.findLastIndex(({ shrinks }, at) => !shrinks && at > 0);
    columns.splice(!isOnlyOne ? cut : whole > 0 ? whole : columns.length - 1, 1);
  }
}

/** Takes from the widest column that may shrink until the row fits or nothing is left to take. */
function shrink<Row>(columns: readonly MeasuredColumn<Row>[], widthMax: number): void {
  while (totalOf(columns.map(({ width }) => width)) > widthMax) {
    const candidates = columns.filter(({ shrinks, width }) => shrinks && width > SHRUNK_MIN);
    const widest = candidates.sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) {
      const [only] = columns;
      if (only && columns.length === 1) only.width = Math.min(only.width, widthMax);
      return;
    }
    widest.width -= 1;
  }
}

function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (textWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Names and values below each other: `Balance   $5.00`. A site's results name theirs themselves. */
export function renderFields(
  fields: readonly (readonly [name: string, value: string])[],
  styleName = (name: string) => name,
) {
  const shown = fields.map(([name, value]) => [printable(name), printable(value)] as const);
  const width = Math.max(...shown.map(([name]) => textWidth(name)));
  return shown.map(([name, value]) => `${styleName(name.padEnd(width))}${GAP}${value}`).join("\n");
}
