import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { useSampleAgent } from "../../app/use-sample-agent.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Page } from "../../ui/page.tsx";
import { Age } from "../../ui/values.tsx";
import { ChainView } from "./chain-view.tsx";
import { chainListQuery } from "./chains-api.ts";
import { NewChain } from "./new-chain.tsx";

const said = en.chains;
const NAME_MAX = 80;

const firstChain = (agentId: string) => `curl -s ${location.origin}/chains/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"twice","steps":[{"agent_id":"${agentId}"},{"agent_id":"${agentId}","input_template":"{previous} (asked: {input})"}]}'`;

/** Agents that work one after the other. */
export function Chains() {
  const { chain } = useSearch({ strict: false }) as PlainSearch;
  const may = useMay();
  if (!may("chains:read")) {
    return (
      <Page title={en.pages.chains}>
        <NotAllowed what={en.pages.chains} scope="chains:read" />
      </Page>
    );
  }
  return chain ? <ChainView key={chain} id={chain} /> : <ChainList />;
}

function ChainList() {
  const navigate = useNavigate();
  const chains = useInfiniteQuery(chainListQuery);
  const sample = useSampleAgent();
  const may = useMay();
  const [isMaking, setMaking] = useState(false);
  return (
    <Page
      title={en.pages.chains}
      actions={
        may("chains:write") && (
          <button type="button" className="button button-primary" onClick={() => setMaking(true)}>
            {said.create}
          </button>
        )
      }
    >
      <Loaded query={chains}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.chains);
          if (rows.length === 0) return <Empty command={firstChain(sample)}>{said.none}</Empty>;
          return (
            <>
              <DataTable
                caption={en.pages.chains}
                rows={rows}
                keyOf={({ id }) => id}
                columns={[
                  {
                    id: "name",
                    head: said.name,
                    isName: true,
                    cell: ({ id, name }) => (
                      <Link to="." search={(now: PlainSearch) => ({ ...now, chain: id })} className="font-strong">
                        {shortText(name, NAME_MAX)}
                      </Link>
                    ),
                  },
                  {
                    id: "description",
                    head: said.description,
                    isWideOnly: true,
                    cell: ({ description }) => shortText(description, NAME_MAX) || "–",
                  },
                  { id: "steps", head: said.steps, isNumber: true, cell: ({ steps }) => steps.length },
                  { id: "changed", head: said.changed, cell: ({ updated_at }) => <Age at={updated_at} /> },
                ]}
              />
              <MoreButton of={chains} />
            </>
          );
        }}
      </Loaded>
      <Dialog title={said.create} isOpen={isMaking} onClose={() => setMaking(false)}>
        <NewChain
          onMade={({ id }) => void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, chain: id }) })}
        />
      </Dialog>
    </Page>
  );
}
