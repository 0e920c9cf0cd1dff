import type { ChainStepFields } from "@agentgate/client";
import type { Agent, Chain } from "@agentgate/protocol";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useSettled } from "../../app/use-settled.ts";
import { en } from "../../messages/en.ts";
import { Field, findingOf } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { foundAgentsQuery } from "./chains-api.ts";
import { type StepDraft, StepFields } from "./step-fields.tsx";

const said = en.chains;
const STEPS_MAX = 20;
const SETTLED_MS = 200;

export interface ChainDraft {
  name: string;
  description: string;
  steps: ChainStepFields[];
}

interface ChainFormProps {
  chain?: Chain;
  /** Agents of its steps, as far as they are known. */
  agents?: ReadonlyMap<string, Agent | null>;
  isBusy: boolean;
  error: unknown;
  onSubmit(draft: ChainDraft): void;
  children?: ReactNode;
}

/** Its key is its own wherever it is moved. */
type KeyedDraft = StepDraft & { key: number };

let keys = 0;
const empty = (): KeyedDraft => ({ key: ++keys, agentId: "", skill: "", template: "", agentKey: "", hasKey: false });

/** The steps of a chain in their order: whose turn it is, and what it is told. */
export function ChainForm({ chain, agents, isBusy, error, onSubmit, children }: ChainFormProps) {
  const [name, setName] = useState(chain?.name ?? "");
  const [description, setDescription] = useState(chain?.description ?? "");
  const [steps, setSteps] = useState<KeyedDraft[]>(
    () =>
      chain?.steps.map((step) => ({
        key: ++keys,
        agentId: step.agent_id,
        skill: step.skill ?? "",
        template: step.input_template ?? "",
        agentKey: "",
        hasKey: step.has_agent_api_key,
      })) ?? [empty()],
  );
  const [q, setQ] = useState("");
  const found = useQuery(foundAgentsQuery(useSettled(q.trim(), SETTLED_MS)));
  const known = new Map([
    ...[...(agents?.values() ?? [])].flatMap((agent) => (agent ? [[agent.id, agent] as const] : [])),
    ...(found.data?.agents ?? []).map((agent) => [agent.id, agent] as const),
  ]);
  const change = (at: number, changes: Partial<StepDraft>) =>
    setSteps((now) => now.map((step, index) => (index === at ? { ...step, ...changes } : step)));
  const move = (at: number, by: -1 | 1) =>
    setSteps((now) => {
      const next = [...now];
      const [step] = next.splice(at, 1);
      next.splice(at + by, 0, step!);
      return next;
    });
  const submit = () =>
    onSubmit({
      name,
      description,
      steps: steps.map(({ agentId, skill, template, agentKey }) => ({
        agentId,
        skill: skill === "" ? null : skill,
        inputTemplate: template === "" ? null : template,
        ...(agentKey !== "" && { agentApiKey: agentKey }),
      })),
    });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) submit();
      }}
    >
      <Field label={said.name} error={findingOf(error, "name")}>
        <input
          className="field"
          required
          maxLength={255}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <Field label={said.description} error={findingOf(error, "description")}>
        <input
          className="field"
          maxLength={10_000}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
        />
      </Field>
      {children}
      <Field label={said.find} hint={said.findHint}>
        <input className="field" type="search" value={q} onChange={({ target }) => setQ(target.value)} />
      </Field>
      <ol className="flex flex-col gap-4">
        {steps.map((step, at) => (
          <li key={step.key} className="border-line border-t pt-3">
            <StepFields
              step={step}
              at={at}
              count={steps.length}
              known={known}
              error={error}
              onChange={(changes) => change(at, changes)}
              onMove={(by) => move(at, by)}
              onDrop={() => setSteps((now) => now.filter((_, index) => index !== at))}
            />
          </li>
        ))}
      </ol>
      <button
        type="button"
        className="button self-start"
        disabled={steps.length >= STEPS_MAX}
        onClick={() => setSteps((now) => [...now, empty()])}
      >
        {said.add}
      </button>
      {error !== null && error !== undefined && <TroubleBox error={error} />}
      <button type="submit" className="button button-primary self-start" disabled={isBusy}>
        {said.save}
      </button>
    </form>
  );
}
