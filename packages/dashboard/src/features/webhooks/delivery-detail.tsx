import type { WebhookAttempt, WebhookDeliveryDetails } from "@agentgate/protocol";
import { formatInstant, visibleText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import { useKeys } from "../../app/keys/use-keys.ts";
import { notify } from "../../app/notice.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { usePreferences } from "../../app/preferences.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { State } from "../../ui/state.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age, Duration } from "../../ui/values.tsx";
import { DeliveryState } from "./delivery-state.tsx";
import { deliveryQuery, webhooksKey } from "./webhooks-api.ts";

const said = en.webhooks;

/** One delivery: each attempt with its answer, what is sent, and sending it again. */
export function DeliveryDetail({ id, onClose }: { id: string; onClose(): void }) {
  const delivery = useQuery(deliveryQuery(id));
  useKeys([
    { keys: "Escape", does: en.close, run: onClose },
    { keys: "y", does: said.delivery, run: () => void navigator.clipboard.writeText(id).then(() => notify(en.copied)) },
  ]);
  return (
    <SidePanel title={said.delivery} onClose={onClose}>
      <Loaded query={delivery}>{(known) => <Known delivery={known} />}</Loaded>
    </SidePanel>
  );
}

function Known({ delivery }: { delivery: WebhookDeliveryDetails }) {
  const queries = useQueryClient();
  const may = useMay();
  const again = useMutation({
    mutationFn: () => gateway.sendWebhookAgain(delivery.id),
    onSuccess: async () => {
      notify(said.resent);
      await queries.invalidateQueries({ queryKey: webhooksKey });
    },
  });
  const attempts = delivery.attempts.toReversed();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <dl className="facts">
        <dt>{said.event}</dt>
        <dd>
          <code>{delivery.event}</code>
        </dd>
        <dt>{said.outcome}</dt>
        <dd>
          <DeliveryState status={delivery.status} />
        </dd>
        {delivery.next_attempt_at !== null && (
          <>
            <dt>{said.next}</dt>
            <dd>
              <Age at={delivery.next_attempt_at} />
            </dd>
          </>
        )}
        <dt>{said.endpoint}</dt>
        <dd>
          {delivery.endpoint_id === null ? (
            visibleText(delivery.receiver)
          ) : (
            <Link
              to="."
              search={({ zone, org }: PlainSearch) => ({ zone, org, endpoint: delivery.endpoint_id ?? undefined })}
            >
              {visibleText(delivery.receiver)}
            </Link>
          )}
        </dd>
        <dt>{said.written}</dt>
        <dd>
          <Age at={delivery.created_at} />
        </dd>
        {delivery.agent_id !== null && (
          <>
            <dt>{said.agent}</dt>
            <dd>
              <Link
                to="/dashboard/logs"
                search={({ zone, org }: PlainSearch) => ({
                  zone,
                  org,
                  agent_id: delivery.agent_id ?? undefined,
                  ...around(delivery.created_at),
                })}
              >
                {said.calls}
              </Link>
            </dd>
          </>
        )}
        <dt>ID</dt>
        <dd>
          <code>{delivery.id}</code>
        </dd>
      </dl>
      {!may("webhooks:write") && <NotAllowed what={said.resend} scope="webhooks:write" />}
      <div hidden={!may("webhooks:write")}>
        <button type="button" className="button" disabled={again.isPending} onClick={() => again.mutate()}>
          {said.resend}
        </button>
        <p className="pt-2 text-ink-2">{said.resendHint}</p>
        {again.error && <TroubleBox error={again.error} />}
      </div>
      <section>
        <h3 className="pb-2">{said.attempt}</h3>
        {attempts.length === 0 ? (
          <p className="text-ink-2">{said.noAttempt}</p>
        ) : (
          <ol className="flex flex-col gap-3">
            {attempts.map((attempt) => (
              <li key={attempt.at} className="border-line border-t pt-2">
                <Attempt attempt={attempt} />
              </li>
            ))}
          </ol>
        )}
      </section>
      <section>
        <h3 className="pb-2">{said.body}</h3>
        <Command>{visibleText(pretty(delivery.body))}</Command>
      </section>
    </div>
  );
}

const AROUND_MS = 60_000;
/** A minute before and after. */
function around(at: string): { from: string; to: string } {
  const ms = Date.parse(at);
  return { from: new Date(ms - AROUND_MS).toISOString(), to: new Date(ms + AROUND_MS).toISOString() };
}

function Attempt({ attempt }: { attempt: WebhookAttempt }) {
  const { zone } = usePreferences();
  const { at, status, ms, error, response_head: head } = attempt;
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <State is={error === null ? "ok" : "failed"} word={status === null ? said.noAnswer : `${status}`} />
        <span>{formatInstant(Date.parse(at), { zone })}</span>
        <Duration ms={ms} />
      </p>
      {error !== null && <p className="pt-1">{visibleText(error)}</p>}
      {status !== null && (
        <details className="pt-1">
          <summary className="text-ink-2">{said.head}</summary>
          {head ? (
            <pre className="mt-1 max-h-48 overflow-auto whitespace-pre-wrap border border-line bg-sunken p-2">
              <code>{visibleText(head)}</code>
            </pre>
          ) : (
            <p>{said.noHead}</p>
          )}
        </details>
      )}
    </>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
