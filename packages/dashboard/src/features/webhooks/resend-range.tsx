import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { en } from "../../messages/en.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { webhooksKey } from "./webhooks-api.ts";

const said = en.webhooks;
const DAY_MS = 86_400_000;

/** A time as an input of this kind has it, in the browser's zone, and what is meant by it. */
const local = (ms: number) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** Tells an endpoint again what it missed in a time: a thousand at once, as often as one wants to go on. */
export function ResendRange({ endpointId, onClose }: { endpointId: string; onClose(): void }) {
  const [from, setFrom] = useState(() => local(gatewayNow() - DAY_MS));
  const [to, setTo] = useState(() => local(gatewayNow() + 60_000));
  const [status, setStatus] = useState<"failed" | "delivered">("failed");
  const [done, setDone] = useState(0);
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: (after: string | undefined) =>
      gateway.sendWebhooksAgain(endpointId, {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        status,
        after,
      }),
    onSuccess: async ({ resent }) => {
      setDone((now) => now + resent);
      await queries.invalidateQueries({ queryKey: webhooksKey });
    },
  });
  const next = again.data?.next ?? null;
  return (
    <Dialog title={said.resendMany} isOpen onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setDone(0);
          again.mutate(undefined);
        }}
      >
        <p className="text-ink-2">{said.resendManyBody}</p>
        <Field label={said.resendWhich}>
          <select
            className="field"
            value={status}
            onChange={({ target }) => setStatus(target.value === "delivered" ? "delivered" : "failed")}
          >
            <option value="failed">{said.resendFailed}</option>
            <option value="delivered">{said.resendDelivered}</option>
          </select>
        </Field>
        <Field label={said.from}>
          <input
            className="field"
            type="datetime-local"
            required
            value={from}
            onChange={({ target }) => setFrom(target.value)}
          />
        </Field>
        <Field label={said.to}>
          <input
            className="field"
            type="datetime-local"
            required
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
        </Field>
        {again.error && <TroubleBox error={again.error} />}
        {again.isSuccess && <p role="status">{said.resentCount(done)}</p>}
        {next === null ? (
          <button type="submit" className="button button-primary self-start" disabled={again.isPending}>
            {said.resend}
          </button>
        ) : (
          <button
            type="button"
            className="button button-primary self-start"
            disabled={again.isPending}
            onClick={() => again.mutate(next)}
          >
            {said.goOn}
          </button>
        )}
      </form>
    </Dialog>
  );
}
