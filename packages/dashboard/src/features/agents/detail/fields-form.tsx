import type { Agent, AgentFields } from "@agentgate/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { notify } from "../../../app/notice.tsx";
import { en } from "../../../messages/en.ts";
import { Field, findingOf } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";

const said = en.agentDetail;
/** What somebody may say of its language; one that is registered as another stays that. */
const SETTINGS = ["auto", "a2a", "plain"] as const;

/** The agent's fields as texts, as they are typed. */
interface Draft {
  name: string;
  description: string;
  url: string;
  version: string;
  tags: string;
  price: string;
  timeout: string;
  protocol: NonNullable<Agent["protocol_setting"]>;
  agentKey: string;
  dropsKey: boolean;
}

const draftOf = (agent: Agent): Draft => ({
  name: agent.name,
  description: agent.description,
  url: agent.url,
  version: agent.version,
  tags: agent.tags.join(", "),
  price: `${agent.price_per_task}`,
  timeout: agent.timeout_ms ? `${agent.timeout_ms / 1000}` : "",
  protocol: agent.protocol_setting ?? "auto",
  agentKey: "",
  dropsKey: false,
});

const tagsIn = (text: string) =>
  text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);

/** What is otherwise than before: nothing else is sent, so that what others change meanwhile stays. */
function changesIn(draft: Draft, agent: Agent): AgentFields {
  const before = draftOf(agent);
  const changes: AgentFields = {};
  for (const name of ["name", "description", "url", "version", "protocol"] as const) {
    if (draft[name] !== before[name]) Object.assign(changes, { [name]: draft[name] });
  }
  if (draft.tags !== before.tags) changes.tags = tagsIn(draft.tags);
  if (draft.price !== before.price) changes.pricePerTask = Number(draft.price);
  if (draft.timeout !== before.timeout && draft.timeout) changes.timeoutMs = Math.round(Number(draft.timeout) * 1000);
  if (draft.dropsKey) changes.agentApiKey = "";
  else if (draft.agentKey) changes.agentApiKey = draft.agentKey;
  return changes;
}

export function FieldsForm({ agent }: { agent: Agent }) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(agent));
  const changes = changesIn(draft, agent);
  const save = useMutation({
    mutationFn: () => gateway.updateAgent(agent.id, changes),
    onSuccess: ({ pending }) => {
      notify(pending ? said.savedToApproval : said.saved);
      void queries.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
  const text = (name: "name" | "url" | "version" | "tags", label: string, max: number, hint?: string) => (
    <Field label={label} {...(hint && { hint })} error={findingOf(save.error, name)}>
      <input
        className="field"
        maxLength={max}
        required={name !== "tags"}
        value={draft[name]}
        onChange={({ target }) => set({ [name]: target.value })}
        disabled={name === "url" && agent.deployed}
      />
    </Field>
  );
  return (
    <Section title={said.fields}>
      <form
        className="grid max-w-xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {text("name", en.agents.name, 255)}
        <Field label={said.description} error={findingOf(save.error, "description")}>
          <textarea
            className="field min-h-24"
            maxLength={10_000}
            value={draft.description}
            onChange={({ target }) => set({ description: target.value })}
          />
        </Field>
        {text("url", said.url, 2_048, agent.deployed ? said.urlIsHosted : said.urlHint)}
        {text("version", en.agents.version, 50)}
        {text("tags", said.tags, 4_000, said.tagsHint)}
        <Field label={en.newAgent.price} hint={en.newAgent.priceHint} error={findingOf(save.error, "price_per_task")}>
          <input
            className="field"
            required
            inputMode="decimal"
            pattern="\d+(\.\d{1,6})?"
            value={draft.price}
            onChange={({ target }) => set({ price: target.value })}
          />
        </Field>
        <Field label={said.timeout} hint={said.timeoutHint} error={findingOf(save.error, "timeout_ms")}>
          <input
            className="field"
            inputMode="decimal"
            pattern="\d+(\.\d+)?"
            value={draft.timeout}
            onChange={({ target }) => set({ timeout: target.value })}
          />
        </Field>
        <Field label={en.agents.protocol} hint={said.protocolHint} error={findingOf(save.error, "protocol")}>
          <select
            className="field"
            value={draft.protocol}
            onChange={({ target }) => set({ protocol: target.value as Draft["protocol"] })}
          >
            {[...new Set([...SETTINGS, agent.protocol_setting ?? "auto"])].map((one) => (
              <option key={one} value={one}>
                {said.protocolSettings[one]}
              </option>
            ))}
          </select>
        </Field>
        <Field
          label={en.newAgent.agentKey}
          hint={agent.requires_key ? said.keyIsSet : en.newAgent.agentKeyHint}
          error={findingOf(save.error, "agent_api_key")}
        >
          <input
            className="field"
            autoComplete="off"
            maxLength={512}
            disabled={draft.dropsKey}
            value={draft.agentKey}
            onChange={({ target }) => set({ agentKey: target.value })}
          />
        </Field>
        {agent.requires_key && (
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={draft.dropsKey}
              onChange={({ target }) => set({ dropsKey: target.checked })}
            />
            {said.dropKey}
          </label>
        )}
        {save.isError && <TroubleBox error={save.error} />}
        <button
          type="submit"
          className="button button-primary justify-self-start"
          disabled={save.isPending || Object.keys(changes).length === 0}
        >
          {en.save}
        </button>
      </form>
    </Section>
  );
}
