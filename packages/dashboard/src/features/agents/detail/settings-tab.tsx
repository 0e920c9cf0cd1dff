import type { Agent, AgentVisibility } from "@agentgate/client";
import { visibleText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { keptSearch } from "../../../app/kept-search.ts";
import { notify } from "../../../app/notice.tsx";
import { sessionQuery } from "../../../app/session.ts";
import { en } from "../../../messages/en.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { FieldsForm } from "./fields-form.tsx";
import { GrantsSection } from "./grants-section.tsx";

const said = en.agentDetail;
const VISIBILITIES = ["public", "org", "granted"] as const satisfies readonly AgentVisibility[];

/** What its owner may change of it, and what cannot be taken back. */
export function SettingsTab({ agent }: { agent: Agent }) {
  const { data: session } = useQuery(sessionQuery);
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
      <FieldsForm key={agent.updated_at} agent={agent} />
      <VisibilitySection agent={agent} />
      <GrantsSection agent={agent} />
      {session?.kind === "admin" ? <PauseSection agent={agent} /> : <p className="text-ink-2">{said.pauseIsAdmins}</p>}
      <DeleteSection agent={agent} />
    </div>
  );
}

function VisibilitySection({ agent: { id, visibility = "public" } }: { agent: Agent }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (next: AgentVisibility) => gateway.updateAgent(id, { visibility: next }),
    // Until the agent is read anew the choice stands as it was made.
    onSuccess: async () => {
      notify(said.saved);
      await queries.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  return (
    <Section title={en.newAgent.visibility}>
      <fieldset className="grid gap-2" disabled={change.isPending}>
        <legend className="spoken">{en.newAgent.visibility}</legend>
        {VISIBILITIES.map((one) => (
          <label key={one} className="flex items-center gap-2">
            <input
              type="radio"
              name="visibility"
              checked={(change.isPending ? change.variables : visibility) === one}
              onChange={() => change.mutate(one)}
            />
            {en.newAgent.visibilities[one]}
          </label>
        ))}
      </fieldset>
      {change.isError && <TroubleBox error={change.error} />}
    </Section>
  );
}

/** For the admin: nobody calls it while it is suspended. */
function PauseSection({ agent: { id, approval } }: { agent: Agent }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const isPaused = approval?.state === "suspended";
  const mayDecide = approval === undefined || approval.state === "approved" || isPaused;
  const decide = useMutation({
    mutationFn: () => (isPaused ? gateway.resumeAgent(id) : gateway.suspendAgent(id, reason.trim())),
    onSuccess: () => {
      setReason("");
      void queries.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  return (
    <Section title={said.pause}>
      <form
        className="grid max-w-xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          decide.mutate();
        }}
      >
        <p className="text-ink-2">{isPaused ? said.isPaused : said.pauseWhat}</p>
        {!isPaused && (
          <Field label={said.reason} hint={said.reasonHint}>
            <input
              className="field"
              required
              maxLength={500}
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
          </Field>
        )}
        {decide.isError && <TroubleBox error={decide.error} />}
        <button type="submit" className="button justify-self-start" disabled={decide.isPending || !mayDecide}>
          {isPaused ? said.resume : said.suspend}
        </button>
      </form>
    </Section>
  );
}

function DeleteSection({ agent: { id, name } }: { agent: Agent }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => gateway.deleteAgent(id),
    onSuccess: async () => {
      await navigate({ to: "/dashboard/agents", search: keptSearch });
      queries.removeQueries({ queryKey: ["agents", "one", id] });
      void queries.invalidateQueries({ queryKey: ["agents", "list"] });
    },
  });
  return (
    <Section title={said.remove}>
      <p className="pb-3 text-ink-2">{said.removeWhat}</p>
      <button type="button" className="button border-fail text-fail" onClick={() => setAsked(true)}>
        {said.remove}
      </button>
      <ConfirmDialog
        title={said.remove}
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        action={said.remove}
        onConfirm={() => remove.mutate()}
        isBusy={remove.isPending}
        error={remove.error}
        name={nameToType({ id, name })}
      >
        {said.removeWhat}
      </ConfirmDialog>
    </Section>
  );
}

/** A name with something hidden in it cannot be typed: its id can. */
const nameToType = ({ id, name }: Pick<Agent, "id" | "name">): string => (visibleText(name) === name ? name : id);
