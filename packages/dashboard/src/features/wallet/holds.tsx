import { formatDuration } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNow } from "../../app/use-now.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { CallId } from "../../ui/call-id.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Age, Clock, Money } from "../../ui/values.tsx";
import { kindOf } from "./movement.tsx";
import { holdsQuery } from "./wallet-api.ts";

const said = en.wallet;

/** What calls under way have put aside, and when it comes back by itself. */
export function Holds({ orgId }: { orgId: string }) {
  const holds = useInfiniteQuery(holdsQuery(orgId));
  return (
    <Loaded query={holds}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.entries);
        return (
          <div className="flex flex-col gap-4">
            <p className="max-w-xl text-ink-2">{said.holdsWhy}</p>
            {rows.length === 0 ? (
              <Empty>{said.noHolds}</Empty>
            ) : (
              <DataTable
                caption={said.holds}
                rows={rows}
                keyOf={({ id }) => id}
                columns={[
                  { id: "what", head: said.what, isName: true, cell: ({ tx_type }) => kindOf(tx_type) },
                  { id: "call", head: said.call, cell: ({ call_id }) => call_id && <CallId id={call_id} /> },
                  { id: "since", head: said.since, cell: ({ created_at }) => <Age at={created_at} /> },
                  { id: "lapses", head: said.lapses, cell: ({ lapses_at }) => <Lapses at={lapses_at} /> },
                  { id: "amount", head: said.amount, isNumber: true, cell: ({ amount }) => <Money dollars={amount} /> },
                ]}
              />
            )}
            <MoreButton of={holds} />
            <ByCurl path={`/orgs/${orgId}/holds`} />
          </div>
        );
      }}
    </Loaded>
  );
}

function Lapses({ at }: { at: string }) {
  const leftMs = Date.parse(at) - useNow();
  return (
    <>
      <Clock at={at} /> <span className="text-ink-2">({leftMs > 0 ? formatDuration(leftMs) : said.lapsesNow})</span>
    </>
  );
}
