import type { Chain } from "@agentgate/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { notify } from "../../app/notice.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { en } from "../../messages/en.ts";
import { Field, findingOf } from "../../ui/field.tsx";
import { type ChainDraft, ChainForm } from "./chain-form.tsx";
import { chainsKey } from "./chains-api.ts";

const said = en.chains;

export function NewChain({ onMade }: { onMade(chain: Chain): void }) {
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const { data: session } = useQuery(sessionQuery);
  const [orgId, setOrgId] = useState(org ?? "");
  const queries = useQueryClient();
  const isAdmin = session?.kind === "admin";
  const making = useMutation({
    mutationFn: ({ name, description, steps }: ChainDraft) =>
      gateway.createChain(name, steps, { description, ...(isAdmin && orgId !== "" && { orgId }) }),
    onSuccess: async (chain) => {
      await queries.invalidateQueries({ queryKey: chainsKey });
      notify(said.made);
      onMade(chain);
    },
  });
  return (
    <ChainForm isBusy={making.isPending} error={making.error} onSubmit={making.mutate}>
      {isAdmin && (
        <Field label={said.owner} hint={said.ownerHint} error={findingOf(making.error, "org_id")}>
          <input
            className="field"
            value={orgId}
            onChange={({ target }) => setOrgId(target.value.trim())}
            spellCheck={false}
          />
        </Field>
      )}
    </ChainForm>
  );
}
