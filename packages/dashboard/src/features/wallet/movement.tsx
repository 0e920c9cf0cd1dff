import { microDollarsFromNumber } from "@agentgate/protocol";
import { moneyDecimals, shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import { en } from "../../messages/en.ts";
import type { Column } from "../../ui/data-table.tsx";
import { Age, Money } from "../../ui/values.tsx";

const said = en.wallet;
const NAME_MAX = 40;

/** What both entries and a statement's lines are. */
export interface Movement {
  created_at: string;
  tx_type: string;
  agent_id: string | null;
  agent_name: string;
  change: number;
  balance: number;
}

/** A kind of transaction, in words where they are known. */
export const kindOf = (type: string): string => said.types[type] ?? shortText(type.replaceAll("_", " "), NAME_MAX);

/** Time, what it was for, money out, money in, and the balance after it: as a ledger has them. */
export function movementColumns<Row>(movementOf: (row: Row) => Movement, rows: readonly Row[]): Column<Row>[] {
  const movements = rows.map(movementOf);
  // A column takes what its longest amount needs.
  const decimals = moneyDecimals(...movements.map(({ change }) => microDollarsFromNumber(change)));
  const balances = moneyDecimals(...movements.map(({ balance }) => microDollarsFromNumber(balance)));
  const side = (change: number, isWanted: boolean) =>
    isWanted ? <Money dollars={Math.abs(change)} decimals={decimals} /> : null;
  return [
    { id: "what", head: said.what, isName: true, cell: (row) => <What {...movementOf(row)} /> },
    { id: "time", head: said.time, cell: (row) => <Age at={movementOf(row).created_at} /> },
    {
      id: "debit",
      head: said.debit,
      isNumber: true,
      cell: (row) => side(movementOf(row).change, movementOf(row).change < 0),
    },
    {
      id: "credit",
      head: said.credit,
      isNumber: true,
      cell: (row) => side(movementOf(row).change, movementOf(row).change > 0),
    },
    {
      id: "balance",
      head: said.after,
      isNumber: true,
      cell: (row) => <Money dollars={movementOf(row).balance} decimals={balances} />,
    },
  ];
}

function What({ tx_type, agent_id, agent_name }: Movement) {
  if (!agent_id) return <>{kindOf(tx_type)}</>;
  return (
    <>
      {kindOf(tx_type)} {said.ofAgent}{" "}
      <Link to="/dashboard/logs" search={{ agent_id }} className="text-ink-1">
        {shortText(agent_name, NAME_MAX)}
      </Link>{" "}
      <code className="text-ink-3">{agent_id.slice(0, 8)}</code>
    </>
  );
}
