import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { gateway } from "../../app/api.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, findingOf } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";

const said = enAdmin.adminAgents;
const NAME_MAX = 60;
const REASON_MAX = 1_000;

/** Ends calls of an agent that was approved, or lets it be called again. */
export function Suspension({ agent }: { agent: Agent }) {
  const [isOpen, setOpen] = useState(false);
  const state = agent.approval?.state ?? "approved";
  if (state !== "approved" && state !== "suspended") return null;
  const isSuspended = state === "suspended";
  return (
    <Section title={isSuspended ? said.isSuspended : said.isCalled}>
      <p className="pb-3 text-ink-2">{isSuspended ? said.resumeMeans : said.suspendMeans}</p>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {isSuspended ? said.resume : said.suspend}
      </button>
      {isOpen && <Ask agent={agent} isSuspended={isSuspended} onClose={() => setOpen(false)} />}
    </Section>
  );
}

function Ask({ agent, isSuspended, onClose }: { agent: Agent; isSuspended: boolean; onClose(): void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const change = useMutation({
    mutationFn: () =>
      isSuspended ? gateway.resumeAgent(agent.id, reason || undefined) : gateway.suspendAgent(agent.id, reason),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin", "agents"] }),
        queries.invalidateQueries({ queryKey: ["admin", "approvals"] }),
      ]);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const finding = findingOf(change.error, "reason");
  return (
    <Dialog title={isSuspended ? said.resume : said.suspend} isOpen onClose={onClose}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <p>
          {shortText(agent.name, NAME_MAX)} <code className="text-ink-2">{agent.id}</code>
        </p>
        <Field label={said.reason} hint={said.ownerIsTold} error={finding}>
          <textarea
            className="field"
            rows={2}
            maxLength={REASON_MAX}
            required={!isSuspended}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </Field>
        {change.error && !finding && <TroubleBox error={change.error} />}
        <button
          type="submit"
          className={`button self-start ${isSuspended ? "button-primary" : "border-fail text-fail"}`}
          disabled={change.isPending}
        >
          {isSuspended ? said.resume : said.suspend}
        </button>
      </form>
    </Dialog>
  );
}
