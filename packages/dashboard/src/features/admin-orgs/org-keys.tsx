import type { ApiKey } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age } from "../../ui/values.tsx";
import { keysQuery } from "./admin-orgs-api.ts";

const said = enAdmin.adminOrgs;
const NAME_MAX = 40;
const SCOPES_MAX = 80;

/** The keys of an organization: never themselves, but when each was used last; further ones can be switched off. */
export function OrgKeys({ id }: { id: string }) {
  const queries = useQueryClient();
  const keys = useQuery(keysQuery(id));
  const set = useMutation({
    mutationFn: ({ id: keyId, disabled_at: disabledAt }: ApiKey) => {
      const all = gateway.keysOf(id);
      return disabledAt === null ? all.disable(keyId) : all.enable(keyId);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["admin", "orgs", id, "keys"] }),
  });
  const columns: Column<ApiKey>[] = [
    {
      id: "name",
      head: said.key,
      isName: true,
      cell: ({ role, name, prefix, last4 }) => (
        <>
          {role === "named" ? shortText(name, NAME_MAX) : said.ownKeys[role]}{" "}
          {last4 && (
            <code className="text-ink-3">
              {prefix}…{last4}
            </code>
          )}
        </>
      ),
    },
    {
      id: "state",
      head: said.state,
      cell: ({ disabled_at: disabledAt, expires_at: expiresAt }) =>
        disabledAt ? (
          <State is="failed" word={said.disabled} />
        ) : expiresAt && Date.parse(expiresAt) <= gatewayNow() ? (
          <State is="unknown" word={said.expired} />
        ) : (
          <State is="ok" word={said.works} />
        ),
    },
    {
      id: "scopes",
      head: said.scopes2,
      cell: ({ scopes }) => (scopes[0] === "*" ? said.everything : shortText(scopes.join(", "), SCOPES_MAX)),
    },
    { id: "used", head: said.lastUsed, cell: ({ last_used_at: at }) => (at ? <Age at={at} /> : said.never) },
    {
      id: "set",
      head: said.set,
      isHeadHidden: true,
      cell: (key) =>
        key.role === "named" && (
          <button type="button" className="button" disabled={set.isPending} onClick={() => set.mutate(key)}>
            {key.disabled_at === null ? said.disable : said.enable}
          </button>
        ),
    },
  ];
  return (
    <Section title={said.keys}>
      {set.error && <TroubleBox error={set.error} />}
      <Loaded query={keys} rows={2}>
        {(rows) => <DataTable caption={said.keys} columns={columns} rows={rows} keyOf={({ id }) => id} />}
      </Loaded>
    </Section>
  );
}
