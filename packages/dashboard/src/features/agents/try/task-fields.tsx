import type { Agent } from "@agentgate/client";
import { argumentsLike } from "@agentgate/protocol";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { en } from "../../../messages/en.ts";
import { Field } from "../../../ui/field.tsx";
import { TextBlock } from "../../../ui/text-block.tsx";
import { isTooled, type KnownSkill } from "../skills/skills-api.ts";
import type { TaskAsked } from "./task-run.ts";

const said = en.tryIt;
const TEXT_MAX = 20_000;
const [ROWS_MIN, ROWS_MAX] = [4, 20];
const NAME_MAX = 80;
const SCHEMA_MAX = 20_000;

/** A task as it is written. */
export interface TaskDraft {
  text: string;
  /** Which of the agent's skills it is for; none where it is empty. */
  skill: string;
  /** A tool's, as JSON; undefined until somebody has written there. */
  given: string | undefined;
}

/** The skill that the draft names: of tools the first, where it names none. */
export const skillOf = (draft: TaskDraft, agent: Agent, skills: readonly KnownSkill[]): KnownSkill | undefined =>
  skills.find(({ id }) => id === draft.skill) ?? (isTooled(agent) ? skills[0] : undefined);

const givenOf = (draft: TaskDraft, tool: KnownSkill): string =>
  draft.given ?? JSON.stringify(argumentsLike(tool.input_schema), undefined, 2);

/** What is sent; undefined where it is nothing yet, or a tool's arguments are no JSON. */
export function askedOf(draft: TaskDraft, agent: Agent, skills: readonly KnownSkill[]): TaskAsked | undefined {
  const skill = skillOf(draft, agent, skills);
  if (!isTooled(agent)) return draft.text.trim() === "" ? undefined : { text: draft.text, skill: skill?.id };
  if (!skill) return undefined;
  try {
    return { text: "", tool: { name: skill.id, arguments: JSON.parse(givenOf(draft, skill)) as unknown } };
  } catch {
    return undefined;
  }
}

interface TaskFieldsProps {
  agent: Agent;
  skills: readonly KnownSkill[];
  draft: TaskDraft;
  onChange(change: Partial<TaskDraft>): void;
}

/** What the task is: a text, and for which skill where that makes a difference; or a tool with its arguments. */
export function TaskFields({ agent, skills, draft, onChange }: TaskFieldsProps) {
  if (isTooled(agent)) return <ToolFields agent={agent} skills={skills} draft={draft} onChange={onChange} />;
  const isPriced = skills.some(({ price }) => price !== null);
  return (
    <>
      {isPriced && (
        <Field label={said.skill} hint={said.skillHint}>
          <select className="field" value={draft.skill} onChange={({ target }) => onChange({ skill: target.value })}>
            <option value="">{said.noSkill}</option>
            <Options skills={skills} />
          </select>
        </Field>
      )}
      <Field label={said.task}>
        <textarea
          className="field min-h-24"
          value={draft.text}
          maxLength={TEXT_MAX}
          required
          onChange={({ target }) => onChange({ text: target.value })}
        />
      </Field>
    </>
  );
}

function ToolFields({ agent, skills, draft, onChange }: TaskFieldsProps) {
  const tool = skillOf(draft, agent, skills);
  if (!tool) return <p className="text-ink-2">{said.noTools}</p>;
  const isWrong = askedOf(draft, agent, skills) === undefined;
  return (
    <>
      <Field label={said.tool} hint={shortText(tool.description, 300)}>
        <select
          className="field"
          value={tool.id}
          onChange={({ target }) => onChange({ skill: target.value, given: undefined })}
        >
          <Options skills={skills} />
        </select>
      </Field>
      <Field label={said.arguments} error={isWrong ? said.noJson : undefined}>
        <textarea
          className="field font-mono"
          rows={Math.min(ROWS_MAX, Math.max(ROWS_MIN, givenOf(draft, tool).split("\n").length + 1))}
          value={givenOf(draft, tool)}
          maxLength={TEXT_MAX}
          spellCheck={false}
          required
          onChange={({ target }) => onChange({ given: target.value })}
        />
      </Field>
      {tool.input_schema && (
        <details>
          <summary className="text-ink-2">{said.schema}</summary>
          <TextBlock>{visibleText(JSON.stringify(tool.input_schema, undefined, 2).slice(0, SCHEMA_MAX))}</TextBlock>
        </details>
      )}
    </>
  );
}

const Options = ({ skills }: { skills: readonly KnownSkill[] }) =>
  skills.map(({ id, title }) => (
    <option key={id} value={id}>
      {shortText(title ?? id, NAME_MAX)}
    </option>
  ));
