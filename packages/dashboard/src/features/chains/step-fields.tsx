import type { Agent } from "@agentgate/protocol";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatPrice, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../messages/en.ts";
import { Field, findingOf } from "../../ui/field.tsx";
import { skillsQuery } from "../agents/skills/skills-api.ts";
import { priceOf } from "./chain-cost.ts";

const said = en.chains;
const SKILL_MAX = 80;

/** A step as it is written. */
export interface StepDraft {
  agentId: string;
  /** Which of the agent's skills it is for; none where it is empty. */
  skill: string;
  template: string;
  agentKey: string;
  hasKey: boolean;
}

interface StepFieldsProps {
  step: StepDraft;
  at: number;
  count: number;
  known: ReadonlyMap<string, Agent>;
  error: unknown;
  onChange(changes: Partial<StepDraft>): void;
  onMove(by: -1 | 1): void;
  onDrop(): void;
}

/** Whose turn it is, for which of its skills, and what it is told. */
export function StepFields({ step, at, count, known, error, onChange, onMove, onDrop }: StepFieldsProps) {
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
          onChange={({ target }) => onChange({ agentId: target.value, skill: "", hasKey: false })}
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
      {chosen && (
        <SkillField
          agent={chosen}
          skill={step.skill}
          error={findingOf(error, "steps", at, "skill")}
          onChange={(skill) => onChange({ skill })}
        />
      )}
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

interface SkillFieldProps {
  agent: Agent;
  skill: string;
  error: string | undefined;
  onChange(skill: string): void;
}

/** Which skill the step is for, each with what it costs; nothing for an agent that names none. */
function SkillField({ agent, skill, error, onChange }: SkillFieldProps) {
  const { data: skills = [] } = useQuery(skillsQuery(agent.id));
  const named = skills.filter(({ id, state }) => id !== "" && state === "live");
  if (named.length === 0 && skill === "") return null;
  const price = (id: string | null) => formatPrice(microDollarsFromNumber(priceOf(agent, id)));
  return (
    <Field label={said.skill} hint={said.skillHint} error={error}>
      <select className="field" value={skill} onChange={({ target }) => onChange(target.value)}>
        <option value="">
          {said.noSkill} · {price(null)}
        </option>
        {skill !== "" && !named.some(({ id }) => id === skill) && (
          <option value={skill}>{shortText(skill, SKILL_MAX)}</option>
        )}
        {named.map(({ id, title }) => (
          <option key={id} value={id}>
            {shortText(title ?? id, SKILL_MAX)} · {price(id)}
          </option>
        ))}
      </select>
    </Field>
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
