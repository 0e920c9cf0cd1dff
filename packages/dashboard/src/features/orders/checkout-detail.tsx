import type { CheckoutDetails } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { CheckoutState } from "./checkouts.tsx";
import { Detail } from "./detail.tsx";
import { Lines } from "./lines.tsx";
import { checkoutQuery } from "./orders-api.ts";

const said = en.orders;
const TEXT_MAX = 300;

export function CheckoutDetail({ orgId, id }: { orgId: string; id: string }) {
  const checkout = useQuery(checkoutQuery(orgId, id));
  return (
    <Detail title={said.checkout}>
      <Loaded query={checkout} rows={8}>
        {(data) => <Known orgId={orgId} checkout={data} />}
      </Loaded>
    </Detail>
  );
}

function Known({ orgId, checkout }: { orgId: string; checkout: CheckoutDetails }) {
  const { id, state, order_id, failure, messages } = checkout;
  return (
    <>
      <dl className="facts">
        <dt>{said.state}</dt>
        <dd>
          <CheckoutState state={state} />
        </dd>
        <dt>{said.id}</dt>
        <dd>
          <code>{id}</code>
        </dd>
        {order_id !== null && state === "completed" && (
          <>
            <dt>{said.ofOrder}</dt>
            <dd>
              <Link to="." search={({ org }: PlainSearch) => ({ org, order: order_id })}>
                <code>{order_id.slice(0, 8)}</code>
              </Link>
            </dd>
          </>
        )}
        <dt>{said.made}</dt>
        <dd>
          <Age at={checkout.created_at} />
        </dd>
        {state === "open" && (
          <>
            <dt>{said.expires}</dt>
            <dd>
              <Age at={checkout.expires_at} />
            </dd>
          </>
        )}
        <dt>{said.total}</dt>
        <dd className="font-strong">
          <Money dollars={checkout.total} />
        </dd>
      </dl>
      {failure && state === "open" && (
        <p>
          {said.lastAttempt} {shortText(failure.content, TEXT_MAX)}
        </p>
      )}
      <Lines lines={checkout.lines} />
      {state === "open" && (
        <>
          {messages.length > 0 ? (
            <div>
              <h3 className="pb-1">{said.lacks}</h3>
              <ul>
                {messages.map(({ code, content }) => (
                  <li key={`${code} ${content}`}>{shortText(content, TEXT_MAX)}</li>
                ))}
              </ul>
            </div>
          ) : (
            <div className="flex flex-col gap-2">
              <p>{said.ready}</p>
              <Command>{`curl -s -X POST ${location.origin}/ucp/checkout/${id}/complete \\\n  -H "authorization: Bearer $AGENTGATE_API_KEY"`}</Command>
            </div>
          )}
          <Cancel orgId={orgId} id={id} />
        </>
      )}
    </>
  );
}

function Cancel({ orgId, id }: { orgId: string; id: string }) {
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const cancel = useMutation({
    mutationFn: () => gateway.cancelOrgCheckout(orgId, id),
    onSuccess: (checkout) => {
      queries.setQueryData(["checkouts", orgId, id], checkout);
      void queries.invalidateQueries({ queryKey: ["checkouts", orgId] });
      setAsked(false);
    },
  });
  const close = () => {
    setAsked(false);
    cancel.reset();
  };
  return (
    <div>
      <button type="button" className="button" onClick={() => setAsked(true)}>
        {said.cancel}
      </button>
      <ConfirmDialog
        title={said.cancel}
        isOpen={isAsked}
        onClose={close}
        action={said.cancel}
        onConfirm={() => cancel.mutate()}
        isBusy={cancel.isPending}
        error={cancel.error}
      >
        <p>{said.cancelAsk}</p>
      </ConfirmDialog>
    </div>
  );
}
