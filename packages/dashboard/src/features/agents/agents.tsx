import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age, Price } from "../../ui/values.tsx";

const PAGE = 50;
const NAME_MAX = 60;
const said = en.agents;

const firstAgent = () => `curl -s ${location.origin}/agents/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"my-agent","url":"http://127.0.0.1:9000"}'`;

export function Agents() {
  const { q } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const agents = useInfiniteQuery({
    queryKey: ["agents", q],
    queryFn: ({ pageParam, signal }) =>
      gateway.searchAgents({ ...(q && { q }), limit: PAGE, offset: pageParam, signal }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (pages.length * PAGE < page.total ? pages.length * PAGE : undefined),
  });
  const look = (text: string) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, q: text }), replace: true });
  const rows = agents.data?.pages.flatMap((page) => page.agents) ?? [];
  return (
    <Page
      title={en.pages.agents}
      actions={
        <search className="w-full wide:w-80">
          <label>
            <span className="spoken">{said.search}</span>
            <input
              type="search"
              className="field"
              placeholder={said.search}
              defaultValue={q}
              onChange={({ target }) => look(target.value)}
            />
          </label>
        </search>
      }
    >
      {agents.isPending ? (
        <Loading rows={10} />
      ) : agents.isError ? (
        <TroubleBox error={agents.error} onRetry={() => void agents.refetch()} />
      ) : rows.length === 0 ? (
        q ? (
          <p>
            {said.noHit}{" "}
            <button type="button" className="text-accent underline" onClick={() => look("")}>
              {said.clear}
            </button>
          </p>
        ) : (
          <>
            <p className="pb-3">{said.none}</p>
            <Command>{firstAgent()}</Command>
          </>
        )
      ) : (
        <>
          <div className="overflow-x-auto">
            <table className="table">
              <caption className="spoken">{en.pages.agents}</caption>
              <thead>
                <tr>
                  <th scope="col">{said.name}</th>
                  <th scope="col">{said.version}</th>
                  <th scope="col" className="text-right">
                    {said.price}
                  </th>
                  <th scope="col">{said.changed}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((agent) => (
                  <tr key={agent.id}>
                    <th scope="row">
                      <span className="font-strong">{shortText(agent.name, NAME_MAX)}</span>{" "}
                      <code className="text-ink-3">{agent.id.slice(0, 8)}</code>
                    </th>
                    <td>{shortText(agent.version, 20)}</td>
                    <td className="text-right">
                      <Price dollars={agent.price_per_task} />
                    </td>
                    <td>
                      <Age at={agent.updated_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {agents.hasNextPage && (
            <button type="button" className="button mt-4" onClick={() => void agents.fetchNextPage()}>
              {said.more}
            </button>
          )}
        </>
      )}
    </Page>
  );
}
