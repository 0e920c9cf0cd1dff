import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { CallId } from "../../ui/call-id.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { movementColumns } from "./movement.tsx";
import { entriesQuery } from "./wallet-api.ts";

const said = en.wallet;

const firstTopUp = (orgId: string) => `curl -s ${location.origin}/orgs/${orgId}/topup \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -H "idempotency-key: $(uuidgen)" -d '{"amount":10}'`;

/** The ledger's entries of the wallet, each with the balance after it, and the call that it was paid for. */
export function Entries({ orgId }: { orgId: string }) {
  const entries = useInfiniteQuery(entriesQuery(orgId));
  return (
    <Loaded query={entries} rows={10}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.entries);
        if (rows.length === 0) return <Empty command={firstTopUp(orgId)}>{said.noEntries}</Empty>;
        const [what, time, ...amounts] = movementColumns(
          ({ transaction, change, balance }: (typeof rows)[number]) => ({ ...transaction, change, balance }),
          rows,
        );
        return (
          <>
            <DataTable
              caption={said.entries}
              rows={rows}
              keyOf={({ seq, transaction }) => `${seq} ${transaction.id}`}
              columns={[
                what!,
                time!,
                {
                  id: "call",
                  head: said.call,
                  cell: ({ call_id }) =>
                    call_id && (
                      <Link to="/dashboard/logs" search={{ log: call_id }}>
                        <CallId id={call_id} />
                      </Link>
                    ),
                },
                { id: "seq", head: said.entry, isNumber: true, isWideOnly: true, cell: ({ seq }) => `${seq}` },
                ...amounts,
              ]}
            />
            <MoreButton of={entries} label={said.more} />
            <ByCurl path={`/orgs/${orgId}/entries`} />
          </>
        );
      }}
    </Loaded>
  );
}
