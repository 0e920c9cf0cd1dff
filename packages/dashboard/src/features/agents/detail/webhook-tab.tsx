import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { notify } from "../../../app/notice.tsx";
import { en } from "../../../messages/en.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { DataTable } from "../../../ui/data-table.tsx";
import { Empty } from "../../../ui/empty.tsx";
import { Field, findingOf } from "../../../ui/field.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { Section } from "../../../ui/page.tsx";
import { SecretOnce } from "../../../ui/secret-once.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Age } from "../../../ui/values.tsx";

const said = en.agentDetail;
const SHOWN = 10;

const asCommand = (id: string) => `curl -s -X PUT ${location.origin}/agents/${id} \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"webhook_url":"https://example.com/hooks/agentgate"}'`;

/** Where completed tasks are told, what signs that, and what was told. */
export function WebhookTab({ agent }: { agent: Agent }) {
  const [secret, setSecret] = useState<string>();
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
      {secret !== undefined && (
        <SecretOnce label={en.newAgent.secret} secret={secret}>
          {en.newAgent.secretOnce}
        </SecretOnce>
      )}
      <Address key={agent.webhook_url} agent={agent} onSecret={setSecret} />
      {agent.webhook_url !== null && <Rotation agent={agent} onSecret={setSecret} />}
      <Deliveries agent={agent} />
    </div>
  );
}

interface PartProps {
  agent: Agent;
  /** It is shown this once. */
  onSecret(secret: string): void;
}

function Address({ agent: { id, webhook_url }, onSecret }: PartProps) {
  const queries = useQueryClient();
  const [url, setUrl] = useState(webhook_url ?? "");
  const save = useMutation({
    mutationFn: () => gateway.updateAgent(id, { webhookUrl: url.trim() }),
    onSuccess: (agent) => {
      if (agent.webhook_secret) onSecret(agent.webhook_secret);
      notify(said.saved);
      void queries.invalidateQueries({ queryKey: ["agents", "one", id] });
    },
  });
  return (
    <Section title={said.tabs.webhook}>
      <form
        className="grid max-w-xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field label={said.webhookUrl} hint={said.webhookHint} error={findingOf(save.error, "webhook_url")}>
          <input
            className="field"
            type="url"
            maxLength={2_048}
            value={url}
            onChange={({ target }) => setUrl(target.value)}
          />
        </Field>
        {save.isError && <TroubleBox error={save.error} />}
        <button
          type="submit"
          className="button button-primary justify-self-start"
          disabled={save.isPending || url.trim() === (webhook_url ?? "")}
        >
          {en.save}
        </button>
      </form>
    </Section>
  );
}

function Rotation({ agent: { id }, onSecret }: PartProps) {
  const [isAsked, setAsked] = useState(false);
  const rotate = useMutation({
    mutationFn: () => gateway.rotateAgentWebhookSecret(id),
    onSuccess: ({ webhook_secret }) => {
      setAsked(false);
      onSecret(webhook_secret);
    },
  });
  return (
    <Section
      title={en.newAgent.secret}
      aside={
        <button type="button" className="button" onClick={() => setAsked(true)}>
          {said.rotate}
        </button>
      }
    >
      <p className="text-ink-2">{said.secretKept}</p>
      <ConfirmDialog
        title={said.rotate}
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        action={said.rotate}
        onConfirm={() => rotate.mutate()}
        isBusy={rotate.isPending}
        error={rotate.error}
      >
        {said.rotateWhat}
      </ConfirmDialog>
    </Section>
  );
}

function Deliveries({ agent: { id } }: { agent: Agent }) {
  const deliveries = useQuery({
    queryKey: ["agents", "one", id, "deliveries"],
    queryFn: ({ signal }) => gateway.listWebhookDeliveries({ agentId: id, limit: SHOWN, signal }),
  });
  return (
    <Section title={said.deliveries} aside={<a href={`/dashboard/webhooks?agent_id=${id}`}>{said.allDeliveries}</a>}>
      <Loaded query={deliveries} rows={4}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty command={asCommand(id)}>{said.noDeliveries}</Empty>
          ) : (
            <DataTable
              caption={said.deliveries}
              rows={entries}
              keyOf={({ id }) => id}
              columns={[
                {
                  id: "event",
                  head: said.event,
                  isName: true,
                  cell: ({ event }) => <code>{shortText(event, 40)}</code>,
                },
                { id: "status", head: said.status, cell: ({ status }) => status },
                { id: "attempts", head: said.attempts, isNumber: true, cell: ({ attempt_count }) => attempt_count },
                { id: "at", head: said.when, cell: ({ created_at }) => <Age at={created_at} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Section>
  );
}
