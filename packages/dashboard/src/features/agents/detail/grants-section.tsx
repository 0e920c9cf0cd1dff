import type { Agent, AgentGrant } from "@agentgate/client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { orgText, useOrgNames } from "../../../app/org-names.ts";
import { en } from "../../../messages/en.ts";
import { type Column, DataTable } from "../../../ui/data-table.tsx";
import { Field, findingOf } from "../../../ui/field.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { MoreButton } from "../../../ui/more-button.tsx";
import { OrgLabel } from "../../../ui/org-label.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Age, Money } from "../../../ui/values.tsx";

const said = en.agentDetail;
const PAGE = 50;
const ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** To which organizations the agent is shown, or open, and at which price. */
export function GrantsSection({ agent: { id, visibility } }: { agent: Agent }) {
  const queries = useQueryClient();
  const queryKey = ["agents", "one", id, "grants"];
  const grants = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) =>
      gateway.listAgentGrants(id, { limit: PAGE, ...(pageParam !== undefined && { before: pageParam }) }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const remove = useMutation({
    mutationFn: (orgId: string) => gateway.deleteAgentGrant(id, orgId),
    onSuccess: () => queries.invalidateQueries({ queryKey }),
  });
  const rows = grants.data?.pages.flatMap(({ entries }) => entries) ?? [];
  const names = useOrgNames(rows.map(({ org_id }) => org_id));
  const columns: Column<AgentGrant>[] = [
    {
      id: "org",
      head: said.organization,
      isName: true,
      cell: ({ org_id }) => <OrgLabel id={org_id} names={names} isWhole={!names.has(org_id)} />,
    },
    {
      id: "actions",
      head: said.may,
      cell: ({ actions }) => (actions.includes("call") ? said.mayCall : said.mayDiscover),
    },
    { id: "price", head: en.agents.price, isNumber: true, cell: ({ price }) => <Money dollars={price} /> },
    { id: "ends", head: said.ends, cell: ({ expires_at }) => <Age at={expires_at} /> },
    {
      id: "remove",
      head: said.withdraw,
      isHeadHidden: true,
      cell: ({ org_id }) => (
        <button
          type="button"
          className="button"
          disabled={remove.isPending}
          aria-label={`${said.withdraw} ${orgText(org_id, names)}`}
          onClick={() => remove.mutate(org_id)}
        >
          {said.withdraw}
        </button>
      ),
    },
  ];
  return (
    <Section title={said.grants}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {visibility !== "granted" && <p className="text-ink-2">{said.grantsCountWhenGranted}</p>}
        <Loaded query={grants} rows={3}>
          {() =>
            rows.length === 0 ? (
              <p className="text-ink-2">{said.noGrants}</p>
            ) : (
              <div>
                <DataTable caption={said.grants} columns={columns} rows={rows} keyOf={({ org_id }) => org_id} />
                <MoreButton of={grants} />
              </div>
            )
          }
        </Loaded>
        {remove.isError && <TroubleBox error={remove.error} />}
        <GrantForm agentId={id} onGranted={() => void queries.invalidateQueries({ queryKey })} />
      </div>
    </Section>
  );
}

function GrantForm({ agentId, onGranted }: { agentId: string; onGranted(): void }) {
  const [orgId, setOrgId] = useState("");
  const [action, setAction] = useState<"call" | "discover">("call");
  const [price, setPrice] = useState("");
  const grant = useMutation({
    mutationFn: () =>
      gateway.setAgentGrant(agentId, orgId.trim(), action, { price: price === "" ? null : Number(price) }),
    onSuccess: () => {
      setOrgId("");
      setPrice("");
      onGranted();
    },
  });
  return (
    <form
      className="grid max-w-xl gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        grant.mutate();
      }}
    >
      <Field label={said.grantTo} hint={said.grantToHint}>
        <input
          className="field"
          required
          pattern={ID}
          spellCheck={false}
          value={orgId}
          onChange={({ target }) => setOrgId(target.value)}
        />
      </Field>
      <Field label={said.may}>
        <select
          className="field"
          value={action}
          onChange={({ target }) => setAction(target.value as "call" | "discover")}
        >
          <option value="call">{said.mayCall}</option>
          <option value="discover">{said.mayDiscover}</option>
        </select>
      </Field>
      <Field label={said.grantPrice} hint={said.grantPriceHint} error={findingOf(grant.error, "price")}>
        <input
          className="field"
          inputMode="decimal"
          pattern="\d+(\.\d{1,6})?"
          value={price}
          onChange={({ target }) => setPrice(target.value)}
        />
      </Field>
      {grant.isError && <TroubleBox error={grant.error} />}
      <button type="submit" className="button justify-self-start" disabled={grant.isPending}>
        {said.grant}
      </button>
    </form>
  );
}
