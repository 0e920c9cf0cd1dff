import type { PurchaseLine } from "@agentgate/protocol";
import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { firstOf } from "./lines.tsx";
import { NothingBought } from "./nothing-bought.tsx";

interface Purchase {
  id: string;
  lines: readonly PurchaseLine[];
}

/** An endless query of purchases, as far as a list goes. */
interface Pages<Row> {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: { pages: readonly { entries: readonly Row[] }[] } | undefined;
  refetch(): unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

interface PurchaseListProps<Row extends Purchase> {
  query: Pages<Row>;
  caption: string;
  /** What is said where there are none. */
  none: string;
  /** Of the list, in the API. */
  path: string;
  /** Which parameter of the page says what is looked at. */
  parameter: "order" | "checkout";
  selected: string | undefined;
  /** Behind what was bought. */
  columns: readonly Column<Row>[];
}

/** What an organization buys, page by page: each row leads to what is known of it, beside the list. */
export function PurchaseList<Row extends Purchase>(props: PurchaseListProps<Row>) {
  const { query, caption, none, path, parameter, selected, columns } = props;
  const what: Column<Row> = {
    id: "what",
    head: en.orders.what,
    isName: true,
    cell: ({ id, lines }) => (
      <Link to="." search={(now: PlainSearch) => ({ ...now, [parameter]: id })} resetScroll={false}>
        {firstOf(lines)}
      </Link>
    ),
  };
  return (
    <Loaded query={query}>
      {({ pages }) => {
        const rows = pages.flatMap(({ entries }) => entries);
        if (rows.length === 0) return <NothingBought>{none}</NothingBought>;
        return (
          <>
            <DataTable
              caption={caption}
              rows={rows}
              keyOf={({ id }) => id}
              isSelected={({ id }) => id === selected}
              columns={[what, ...columns]}
            />
            <MoreButton of={query} />
            <ByCurl path={path} />
          </>
        );
      }}
    </Loaded>
  );
}
