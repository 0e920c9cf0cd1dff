import type { PurchaseLine } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Money } from "../../ui/values.tsx";

const said = en.orders;
const TITLE_MAX = 50;

/** The first line, and how many more there are. */
export const firstOf = (lines: readonly PurchaseLine[]): string => {
  const [first] = lines;
  if (!first) return "–";
  const quantity = first.quantity > 1 ? `${first.quantity} × ` : "";
  const more = lines.length > 1 ? `, ${said.lineMore(lines.length - 1)}` : "";
  return `${quantity}${shortText(first.title, TITLE_MAX)}${more}`;
};

/** What is bought, at the prices that were said when the checkout was made. */
export const Lines = ({ lines }: { lines: readonly PurchaseLine[] }) => (
  <DataTable
    caption={said.lines}
    rows={lines}
    keyOf={({ id }) => id}
    columns={[
      {
        id: "what",
        head: said.what,
        isName: true,
        cell: ({ title, agent_id }) => (
          <>
            {shortText(title, TITLE_MAX)} <code className="text-ink-3">{agent_id.slice(0, 8)}</code>
          </>
        ),
      },
      { id: "quantity", head: said.quantity, isNumber: true, cell: ({ quantity }) => quantity },
      {
        id: "each",
        head: said.each,
        isNumber: true,
        cell: ({ price_per_task }) => <Money dollars={price_per_task} />,
      },
      { id: "total", head: said.total, isNumber: true, cell: ({ total }) => <Money dollars={total} /> },
    ]}
  />
);
