import type { Agent, AgentProposal } from "@agentgate/client";
import { visibleText } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { notify } from "../../app/notice.tsx";
import { troubleOf } from "../../app/trouble.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Field } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age } from "../../ui/values.tsx";
import { agentQuery } from "./admin-agents-api.ts";
import { FieldDiff } from "./field-diff.tsx";

const said = enAdmin.adminAgents;
const REASON_MAX = 1_000;

interface DecisionProps {
  agent: Agent;
  latest: AgentProposal;
  /** It is decided, and what stands here is about to go. */
  onDecided(): void;
}

/**
 * What waits of an agent, and the decision. What is decided about is exactly what is shown: when something else waits by now, that is said, and the
 * new one is shown before anybody can approve it.
 */
export function Decision({ agent, latest, onDecided }: DecisionProps) {
  const queries = useQueryClient();
  const [shown, setShown] = useState(latest);
  const [reason, setReason] = useState("");
  const [hasChanged, setChanged] = useState(false);
  const again = async () => {
    await queries.invalidateQueries({ queryKey: ["admin", "approvals"] });
    const { pending, rejected } = await queries.fetchQuery({ ...agentQuery(agent.id), staleTime: 0 });
    return pending ?? rejected;
  };
  const decide = useMutation({
    mutationFn: (verdict: "approve" | "reject") =>
      verdict === "approve"
        ? gateway.approveAgent(agent.id, shown.version, reason || undefined)
        : gateway.rejectAgent(agent.id, reason, shown.version),
    onSuccess: async (_agent, verdict) => {
      notify(verdict === "approve" ? said.approved : said.refused);
      onDecided();
      await again();
      await queries.invalidateQueries({ queryKey: ["admin", "agents"] });
    },
    onError: async (error) => {
      if (!["approval_changed", "nothing_waits"].includes(troubleOf(error).code ?? "")) return;
      const next = await again();
      if (!next || next.version === shown.version) return;
      setShown(next);
      setChanged(true);
    },
  });
  const go = (verdict: "approve" | "reject") => {
    setChanged(false);
    decide.mutate(verdict);
  };
  const isOther = latest.version !== shown.version;
  const isRefused = agent.rejected !== undefined && agent.pending === undefined;
  const title = isRefused ? said.wasRefused : shown.kind === "agent" ? said.newAgent : said.changeWaits;
  return (
    <Section title={title} aside={<Age at={shown.since} />}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {hasChanged && (
          <p role="alert" className="border-warn border-l-2 bg-warn-wash px-4 py-3">
            {said.changedMeanwhile}
          </p>
        )}
        {isOther && !hasChanged && (
          <div role="status" className="border-warn border-l-2 bg-warn-wash px-4 py-3">
            <p className="pb-2">{said.newerWaits}</p>
            <button type="button" className="button" onClick={() => setShown(latest)}>
              {said.showNewer}
            </button>
          </div>
        )}
        {isRefused && shown.reason && <p>{said.because(visibleText(shown.reason))}</p>}
        <FieldDiff proposal={shown} pricePerTask={agent.price_per_task} />
        <Field label={said.reason} hint={said.reasonHint}>
          <textarea
            className="field"
            rows={2}
            maxLength={REASON_MAX}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </Field>
        {decide.error && !hasChanged && <TroubleBox error={decide.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <DecisionButton
            className="button button-primary"
            isOff={decide.isPending}
            onPress={() => go("approve")}
            label={said.approve}
          />
          {!isRefused && (
            <DecisionButton
              className="button"
              isOff={decide.isPending || reason.trim() === ""}
              onPress={() => go("reject")}
              label={said.refuse}
            />
          )}
          <span className="text-ink-2">
            {said.version} <code>{shown.version.slice(0, 12)}</code>
          </span>
        </div>
      </div>
    </Section>
  );
}

interface DecisionButtonProps {
  className: string;
  isOff: boolean;
  onPress(): void;
  label: string;
}

/** One that is off keeps the focus: whoever decides by keyboard stays where the next decision is. */
const DecisionButton = ({ className, isOff, onPress, label }: DecisionButtonProps) => (
  <button type="button" className={className} aria-disabled={isOff || undefined} onClick={() => !isOff && onPress()}>
    {label}
  </button>
);
