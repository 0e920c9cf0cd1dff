import type { ChainStepFields } from "@agentgate/client";
import type { Agent, Chain } from "@agentgate/protocol";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatPrice, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useSettled } from "../../app/use-settled.ts";
import { en } from "../../messages/en.ts";
import { Field, findingOf } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { foundAgentsQuery } from "./chains-api.ts";

const said = en.chains;
const STEPS_MAX = 20;
const SETTLED_MS = 200;

export interface ChainDraft {
  name: string;
  description: string;
  steps: ChainStepFields[];
}

interface Draft {
  key: number;
  agentId: string;
  template: string;
  agentKey: string;
  hasKey: boolean;
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

let keys = 0;
const empty = (): Draft => ({ key: ++keys, agentId: "", template: "", agentKey: "", hasKey: false });

/** The steps of a chain in their order: whose turn it is, and what it is told. */
export function ChainForm({ chain, agents, isBusy, error, onSubmit, children }: ChainFormProps) {
  const [name, setName] = useState(chain?.name ?? "");
  const [description, setDescription] = useState(chain?.description ?? "");
  const [steps, setSteps] = useState<Draft[]>(
    () =>
      chain?.steps.map((step) => ({
        key: ++keys,
        agentId: step.agent_id,
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
  const change = (at: number, changes: Partial<Draft>) =>
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
      steps: steps.map(({ agentId, template, agentKey }) => ({
        agentId,
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

interface StepFieldsProps {
  step: Draft;
  at: number;
  count: number;
  known: ReadonlyMap<string, Agent>;
  error: unknown;
  onChange(changes: Partial<Draft>): void;
  onMove(by: -1 | 1): void;
  onDrop(): void;
}

function StepFields({ step, at, count, known, error, onChange, onMove, onDrop }: StepFieldsProps) {
  const title = said.step(at + 1);
  const chosen = known.get(step.agentId);
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="spoken">{title}</legend>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <strong aria-hidden="true">{title}</strong>
        <span className="flex gap-2">
          <Small label={said.up} of={title} isOff={at === 0} onPress={() => onMove(-1)} />
          <Small label={said.down} of={title} isOff={at === count - 1} onPress={() => onMove(1)} />
          <Small label={said.drop} of={title} isOff={count === 1} onPress={onDrop} />
        </span>
      </div>
      <Field label={said.agent} error={findingOf(error, "steps", at, "agent_id")}>
        <select
          className="field"
          required
          value={step.agentId}
          onChange={({ target }) => onChange({ agentId: target.value, hasKey: false })}
        >
          <option value="">{said.choose}</option>
          {step.agentId !== "" && !chosen && <option value={step.agentId}>{step.agentId}</option>}
          {[...known.values()].map((agent) => (
            <option key={agent.id} value={agent.id}>
              {shortText(agent.name, 60)} {shortText(agent.version, 20)} · {agent.id.slice(0, 8)} ·{" "}
              {formatPrice(microDollarsFromNumber(agent.price_per_task))}
            </option>
          ))}
        </select>
      </Field>
      <Field label={said.told} hint={said.toldHint} error={findingOf(error, "steps", at, "input_template")}>
        <textarea
          className="field min-h-16 font-mono"
          maxLength={10_000}
          placeholder={at === 0 ? "{input}" : "{previous}"}
          value={step.template}
          onChange={({ target }) => onChange({ template: target.value })}
        />
      </Field>
      {(chosen?.requires_key === true || step.hasKey) && (
        <Field
          label={said.key}
          hint={step.hasKey ? said.keyKept : said.keyHint}
          error={findingOf(error, "steps", at, "agent_api_key")}
        >
          <input
            className="field"
            type="password"
            autoComplete="off"
            maxLength={512}
            value={step.agentKey}
            onChange={({ target }) => onChange({ agentKey: target.value })}
          />
        </Field>
      )}
    </fieldset>
  );
}

interface SmallProps {
  label: string;
  of: string;
  isOff: boolean;
  onPress(): void;
}

const Small = ({ label, of, isOff, onPress }: SmallProps) => (
  <button type="button" className="button px-2" disabled={isOff} aria-label={`${label}: ${of}`} onClick={onPress}>
    {label}
  </button>
);
