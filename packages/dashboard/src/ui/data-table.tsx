import type { ReactNode } from "react";

export interface Column<Row> {
  id: string;
  head: string;
  cell(row: Row): ReactNode;
  /** Numbers stand under each other. */
  isNumber?: boolean;
  /** What the row is about: its header, and the first line of its slip on a narrow screen. */
  isName?: boolean;
  /** Left out on a narrow screen. */
  isWideOnly?: boolean;
  /** For ears alone, as that of a column of buttons. */
  isHeadHidden?: boolean;
}

interface DataTableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  isSelected?(row: Row): boolean;
}

/** Rows under hairlines; on a narrow screen each is a slip of two lines, and nothing scrolls sideways. */
export function DataTable<Row>({ caption, columns, rows, keyOf, isSelected }: DataTableProps<Row>) {
  return (
    <table className="table slips">
      <caption className="spoken">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ id, head, isNumber, isHeadHidden }) => (
            <th key={id} scope="col" className={isNumber ? "text-right" : ""}>
              {isHeadHidden ? <span className="spoken">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={keyOf(row)}
            aria-current={isSelected?.(row) ? "true" : undefined}
            className={isSelected?.(row) ? "bg-accent-wash" : ""}
          >
            {columns.map((column) => (
              <Cell key={column.id} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const { isName, isNumber, isWideOnly, isHeadHidden, head, cell } = column;
  if (isName) return <th scope="row">{cell(row)}</th>;
  const classes = `${isNumber ? "text-right" : ""} ${isWideOnly ? "max-wide:hidden" : ""}`;
  return (
    <td className={classes} data-head={isHeadHidden ? undefined : head}>
      {cell(row)}
    </td>
  );
}
