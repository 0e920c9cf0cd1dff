import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Age } from "../../ui/values.tsx";
import { EndpointDetail } from "./endpoint-detail.tsx";
import { EndpointState } from "./endpoint-state.tsx";
import { endpointsQuery } from "./webhooks-api.ts";

const said = en.webhooks;
const URL_MAX = 80;

const firstEndpoint = () => `curl -s ${location.origin}/webhooks/endpoints \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"url":"https://example.com/hooks","events":["task.failed"]}'`;

/** Who is told. */
export function Endpoints() {
  const { endpoint: open, org } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const endpoints = useInfiniteQuery(endpointsQuery(org));
  const close = () =>
    void navigate({ to: ".", search: ({ endpoint: _endpoint, ...rest }: PlainSearch) => rest, resetScroll: false });
  return (
    <div className={`grid grid-cols-[minmax(0,1fr)] gap-8 ${open ? "full:grid-cols-[minmax(0,1fr)_26rem]" : ""}`}>
      <div className="min-w-0">
        <Loaded query={endpoints}>
          {({ pages }) => {
            const rows = pages.flatMap(({ entries }) => entries);
            if (rows.length === 0) return <Empty command={firstEndpoint()}>{said.none}</Empty>;
            return (
              <>
                <DataTable
                  caption={said.endpoints}
                  rows={rows}
                  keyOf={({ id }) => id}
                  isSelected={({ id }) => id === open}
                  columns={[
                    {
                      id: "url",
                      head: said.url,
                      isName: true,
                      cell: ({ id, url }) => (
                        <Link
                          to="."
                          search={(now: PlainSearch) => ({ ...now, endpoint: id })}
                          resetScroll={false}
                          className="font-strong"
                        >
                          {shortText(url, URL_MAX)}
                        </Link>
                      ),
                    },
                    {
                      id: "events",
                      head: said.events,
                      cell: ({ events }) => (events.length === 0 ? said.everything : events.join(", ")),
                    },
                    { id: "status", head: said.status, cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
                    {
                      id: "written",
                      head: said.written,
                      isWideOnly: true,
                      cell: ({ created_at }) => <Age at={created_at} />,
                    },
                  ]}
                />
                <MoreButton of={endpoints} />
              </>
            );
          }}
        </Loaded>
      </div>
      {open && <EndpointDetail key={open} id={open} onClose={close} />}
    </div>
  );
}
