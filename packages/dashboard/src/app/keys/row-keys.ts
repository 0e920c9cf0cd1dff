/** What of a row takes the focus: its link, else its button. */
const handleOf = (row: Element) => row.querySelector<HTMLElement>("a[href], button:not(:disabled)");

/** Goes to the next row of the page's table, or the one before; to the first where none has been chosen. */
export function goToRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll("main tbody tr")].filter(handleOf);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!row) return;
  handleOf(row)?.focus();
  row.scrollIntoView({ block: "nearest" });
}
