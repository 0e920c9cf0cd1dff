import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { en } from "../../messages/en.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, findingOf } from "../../ui/field.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import { EndpointForm } from "./endpoint-form.tsx";
import { webhooksKey } from "./webhooks-api.ts";

const said = en.webhooks;

/** Makes an endpoint, and shows its secret this once. */
export function NewEndpoint({ onClose }: { onClose(): void }) {
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const { data: session } = useQuery(sessionQuery);
  const [orgId, setOrgId] = useState(org ?? "");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const making = useMutation({
    mutationFn: ({ url, ...fields }: { url: string; events: string[]; description: string }) =>
      gateway.createWebhookEndpoint(url, {
        ...fields,
        ...(session?.kind === "admin" && orgId !== "" && { orgId }),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: webhooksKey }),
  });
  const made = making.data;
  const close = () => {
    onClose();
    if (made) void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, tab: undefined, endpoint: made.id }) });
  };
  return (
    <Dialog title={made ? said.made : said.create} isOpen onClose={close}>
      {made ? (
        <SecretOnce label={said.secret} secret={made.secret}>
          {said.secretHint}
        </SecretOnce>
      ) : (
        <EndpointForm
          initially={{ url: "", events: [], description: "" }}
          action={said.create}
          isBusy={making.isPending}
          error={making.error}
          onSubmit={making.mutate}
        >
          {session?.kind === "admin" && (
            <Field label={said.owner} hint={said.ownerHint} error={findingOf(making.error, "org_id")}>
              <input
                className="field"
                required
                value={orgId}
                onChange={({ target }) => setOrgId(target.value.trim())}
                spellCheck={false}
              />
            </Field>
          )}
        </EndpointForm>
      )}
    </Dialog>
  );
}
