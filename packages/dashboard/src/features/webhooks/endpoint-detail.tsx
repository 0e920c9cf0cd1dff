import type { WebhookEndpoint } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { notify } from "../../app/notice.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { SecretOnce } from "../../ui/secret-once.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age } from "../../ui/values.tsx";
import { type EndpointFields, EndpointForm } from "./endpoint-form.tsx";
import { EndpointState } from "./endpoint-state.tsx";
import { endpointQuery, webhooksKey } from "./webhooks-api.ts";

const said = en.webhooks;

/** One endpoint: how it fares, and all that can be done with it. */
export function EndpointDetail({ id, onClose }: { id: string; onClose(): void }) {
  const endpoint = useQuery(endpointQuery(id));
  return (
    <SidePanel title={said.detail} onClose={onClose}>
      <Loaded query={endpoint}>{(known) => <Known endpoint={known} onGone={onClose} />}</Loaded>
    </SidePanel>
  );
}

function Known({ endpoint, onGone }: { endpoint: WebhookEndpoint; onGone(): void }) {
  const { id } = endpoint;
  const may = useMay();
  const [asked, setAsked] = useState<"edit" | "rotate" | "remove">();
  const queries = useQueryClient();
  const anew = () => queries.invalidateQueries({ queryKey: webhooksKey });
  const close = () => setAsked(undefined);
  const change = useMutation({
    mutationFn: (changes: Partial<EndpointFields> & { status?: "enabled" | "disabled" }) =>
      gateway.updateWebhookEndpoint(id, changes),
    onSuccess: async () => {
      await anew();
      close();
      notify(said.saved);
    },
  });
  const rotation = useMutation({
    mutationFn: () => gateway.rotateWebhookSecret(id),
    onSuccess: async () => {
      close();
      await anew();
    },
  });
  const test = useMutation({ mutationFn: () => gateway.sendWebhookTest(id), onSuccess: anew });
  const removal = useMutation({
    mutationFn: () => gateway.deleteWebhookEndpoint(id),
    onSuccess: async () => {
      onGone();
      // It is asked for no more: it is not there.
      const isAnother = ({ queryKey }: { queryKey: readonly unknown[] }) => !queryKey.includes(id);
      await queries.invalidateQueries({ queryKey: webhooksKey, predicate: isAnother });
    },
  });
  const isDisabled = endpoint.status === "disabled";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <dl className="facts">
        <dt>{said.url}</dt>
        <dd>
          <code>{shortText(endpoint.url, 300)}</code>
        </dd>
        <dt>{said.status}</dt>
        <dd>
          <EndpointState endpoint={endpoint} />
          {endpoint.disabled_reason !== null && <p>{shortText(endpoint.disabled_reason, 300)}</p>}
          {endpoint.failing_since !== null && (
            <p className="text-ink-2">
              {said.failingSince} <Age at={endpoint.failing_since} />
            </p>
          )}
        </dd>
        <dt>{said.events}</dt>
        <dd>{endpoint.events.length === 0 ? said.everything : <code>{endpoint.events.join(", ")}</code>}</dd>
        {endpoint.description !== "" && (
          <>
            <dt>{said.description}</dt>
            <dd>{shortText(endpoint.description, 1_000)}</dd>
          </>
        )}
        <dt>{said.written}</dt>
        <dd>
          <Age at={endpoint.created_at} />
        </dd>
        <dt>ID</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
      {!endpoint.is_signed && <p className="text-warn">{said.unsigned}</p>}
      {rotation.data && (
        <SecretOnce label={said.secret} secret={rotation.data.secret}>
          {said.secretHint}
        </SecretOnce>
      )}
      {endpoint.agent_id !== null && <p className="text-ink-2">{said.agentsOwn}</p>}
      {!may("webhooks:write") && <NotAllowed what={said.edit} scope="webhooks:write" />}
      <div className="flex flex-wrap gap-2" hidden={!may("webhooks:write")}>
        <button type="button" className="button" disabled={isDisabled || test.isPending} onClick={() => test.mutate()}>
          {said.test}
        </button>
        {endpoint.agent_id === null && (
          <button type="button" className="button" onClick={() => setAsked("edit")}>
            {said.edit}
          </button>
        )}
        {endpoint.agent_id === null && (
          <button
            type="button"
            className="button"
            disabled={change.isPending}
            onClick={() => change.mutate({ status: isDisabled ? "enabled" : "disabled" })}
          >
            {isDisabled ? said.enable : said.disable}
          </button>
        )}
        <button type="button" className="button" onClick={() => setAsked("rotate")}>
          {said.rotate}
        </button>
        {endpoint.agent_id === null && (
          <button type="button" className="button border-fail text-fail" onClick={() => setAsked("remove")}>
            {said.remove}
          </button>
        )}
      </div>
      {test.data && (
        <p role="status">
          {said.tested}{" "}
          <Link
            to="."
            search={(now: PlainSearch) => ({ ...now, endpoint: undefined, tab: "deliveries", delivery: test.data.id })}
          >
            <code>{test.data.id}</code>
          </Link>
        </p>
      )}
      {test.error && <TroubleBox error={test.error} />}
      {asked !== "edit" && change.error && <TroubleBox error={change.error} />}
      <p>
        <Link to="." search={({ zone, org }: PlainSearch) => ({ zone, org, tab: "deliveries", endpoint_id: id })}>
          {said.itsDeliveries}
        </Link>
      </p>
      {asked === "edit" && (
        <Dialog title={said.edit} isOpen onClose={close}>
          <EndpointForm
            initially={{ url: endpoint.url, events: endpoint.events, description: endpoint.description }}
            action={en.save}
            isBusy={change.isPending}
            error={change.error}
            onSubmit={change.mutate}
          />
        </Dialog>
      )}
      <ConfirmDialog
        title={said.rotateTitle}
        isOpen={asked === "rotate"}
        onClose={close}
        action={said.rotateGo}
        onConfirm={() => rotation.mutate()}
        isBusy={rotation.isPending}
        error={rotation.error}
      >
        {said.rotateBody}
      </ConfirmDialog>
      <ConfirmDialog
        title={said.removeTitle}
        isOpen={asked === "remove"}
        onClose={close}
        action={said.remove}
        onConfirm={() => removal.mutate()}
        isBusy={removal.isPending}
        error={removal.error}
      >
        {said.removeBody}
      </ConfirmDialog>
    </div>
  );
}
