import { webhookEvents } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { Age, Duration } from "../../ui/values.tsx";
import { DeliveryDetail } from "./delivery-detail.tsx";
import { DeliveryState } from "./delivery-state.tsx";
import { ResendRange } from "./resend-range.tsx";
import { type DeliveryFilter, deliveriesQuery, endpointQuery } from "./webhooks-api.ts";

const said = en.webhooks;
const STATUSES = ["pending", "delivered", "failed"] as const;
/** Nobody subscribes to it. */
const TEST_EVENT = "webhook.test";

const firstTest = () => `curl -s -X POST ${location.origin}/webhooks/endpoints/$ENDPOINT_ID/test \\
  -H "authorization: Bearer $AGENTGATE_API_KEY"`;

const filterOf = ({ endpoint_id, event, status }: PlainSearch): DeliveryFilter => ({
  endpointId: endpoint_id,
  event,
  status: STATUSES.find((one) => one === status),
});

/** What was and is to be told. */
export function Deliveries() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const filter = filterOf(search);
  const deliveries = useInfiniteQuery(deliveriesQuery(filter));
  const [isResending, setResending] = useState(false);
  const set = (changes: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...changes }), resetScroll: false });
  const { delivery: open } = search;
  const isNarrowed = filter.endpointId !== undefined || filter.event !== undefined || filter.status !== undefined;
  return (
    <>
      <div className="flex flex-wrap items-end gap-3 pb-4">
        <label>
          <span className="block pb-1 font-strong">{said.outcome}</span>
          <select
            className="field"
            value={filter.status ?? ""}
            onChange={({ target }) => set({ status: target.value || undefined })}
          >
            <option value="">{said.all}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {said.states[status]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="block pb-1 font-strong">{said.event}</span>
          <select
            className="field"
            value={filter.event ?? ""}
            onChange={({ target }) => set({ event: target.value || undefined })}
          >
            <option value="">{said.any}</option>
            {[...webhookEvents, TEST_EVENT].map((event) => (
              <option key={event}>{event}</option>
            ))}
          </select>
        </label>
        {filter.endpointId !== undefined && (
          <>
            <OfEndpoint id={filter.endpointId} onClear={() => set({ endpoint_id: undefined })} />
            <button type="button" className="button" onClick={() => setResending(true)}>
              {said.resendMany}
            </button>
          </>
        )}
      </div>
      <div className={`grid grid-cols-[minmax(0,1fr)] gap-8 ${open ? "full:grid-cols-[minmax(0,1fr)_26rem]" : ""}`}>
        <div className="min-w-0">
          <Loaded query={deliveries} rows={10}>
            {({ pages }) => {
              const rows = pages.flatMap(({ entries }) => entries);
              if (rows.length === 0 && !deliveries.hasNextPage) {
                if (!isNarrowed) return <Empty command={firstTest()}>{said.noDeliveries}</Empty>;
                return (
                  <NoHit clear={said.clear} filters={["endpoint_id", "event", "status"]}>
                    {said.noHit}
                  </NoHit>
                );
              }
              return (
                <>
                  <DataTable
                    caption={said.deliveries}
                    rows={rows}
                    keyOf={({ id }) => id}
                    isSelected={({ id }) => id === open}
                    columns={[
                      {
                        id: "event",
                        head: said.event,
                        isName: true,
                        cell: ({ id, event }) => (
                          <Link to="." search={(now: PlainSearch) => ({ ...now, delivery: id })} resetScroll={false}>
                            <code>{event}</code>
                          </Link>
                        ),
                      },
                      { id: "outcome", head: said.outcome, cell: (row) => <DeliveryState status={row.status} /> },
                      { id: "receiver", head: said.receiver, cell: ({ receiver }) => shortText(receiver, 60) },
                      {
                        id: "last",
                        head: said.last,
                        isNumber: true,
                        cell: ({ last_attempt: last }) =>
                          last === null ? (
                            "–"
                          ) : (
                            <>
                              {last.status ?? said.noAnswer} <Duration ms={last.ms} />
                            </>
                          ),
                      },
                      {
                        id: "attempts",
                        head: said.attempts,
                        isNumber: true,
                        cell: ({ attempt_count }) => attempt_count,
                      },
                      { id: "written", head: said.written, cell: ({ created_at }) => <Age at={created_at} /> },
                    ]}
                  />
                  <MoreButton of={deliveries} />
                </>
              );
            }}
          </Loaded>
        </div>
        {open && <DeliveryDetail key={open} id={open} onClose={() => set({ delivery: undefined })} />}
      </div>
      {isResending && filter.endpointId !== undefined && (
        <ResendRange endpointId={filter.endpointId} onClose={() => setResending(false)} />
      )}
    </>
  );
}

function OfEndpoint({ id, onClear }: { id: string; onClear(): void }) {
  const { data } = useQuery({ ...endpointQuery(id), retry: false });
  return (
    <button type="button" className="button border-accent bg-accent-wash" onClick={onClear}>
      <span>
        {said.endpoint} <code>{shortText(data?.url ?? id, 40)}</code>
      </span>
      <span aria-hidden="true">×</span>
      <span className="spoken">{en.logs.remove}</span>
    </button>
  );
}
