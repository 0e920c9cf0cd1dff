import type { AgentFieldChange, AgentProposal } from "@agentgate/client";
import { type DearerSkill, dearerSkills, microDollarsFromNumber } from "@agentgate/protocol";
import { formatPrice, visibleText } from "@agentgate/protocol/format";
import type { ReactNode } from "react";
import { enAdmin } from "../../messages/en-admin.ts";
import { differenceOf, hostChange } from "./difference.ts";

const said = enAdmin.adminAgents;
/** What is longer is behind a button: a description may have ten thousand. */
const LONG = 600;

interface FieldDiffProps {
  proposal: AgentProposal;
  /** What a task costs now, in dollars. */
  pricePerTask: number;
}

/** What an agent would become: each field as it is and as it would be, with what differs in it marked. */
export function FieldDiff({ proposal: { kind, changes }, pricePerTask }: FieldDiffProps) {
  const isNew = kind === "agent";
  return (
    <>
      <Notes changes={changes} pricePerTask={pricePerTask} />
      <table className="table slips diff">
        <caption className="spoken">{isNew ? said.whatItIs : said.whatChanges}</caption>
        <thead>
          <tr>
            <th scope="col">{said.field}</th>
            {!isNew && <th scope="col">{said.before}</th>}
            <th scope="col">{isNew ? said.value : said.after}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <Row key={change.field} change={change} isNew={isNew} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ change, isNew }: { change: AgentFieldChange; isNew: boolean }) {
  const { field, before, after } = change;
  const [old, now] = [textOf(field, before), textOf(field, after)];
  const parts = old !== undefined && now !== undefined ? differenceOf(old, now) : undefined;
  return (
    <tr>
      <th scope="row" className="align-top">
        <code>{visibleText(field)}</code>
      </th>
      {!isNew && (
        <td className="align-top" data-head={said.before}>
          {old === undefined ? (
            <span className="text-ink-3">{said.absent}</span>
          ) : (
            <Text {...(parts ? { head: parts.head, marked: parts.before, tail: parts.tail } : { marked: old })} was />
          )}
        </td>
      )}
      <td className="align-top" data-head={isNew ? undefined : said.after}>
        {now === undefined ? (
          <span className="text-ink-3">{said.removed}</span>
        ) : isNew ? (
          <Text head={now} />
        ) : (
          <Text {...(parts ? { head: parts.head, marked: parts.after, tail: parts.tail } : { marked: now })} />
        )}
      </td>
    </tr>
  );
}

interface TextProps {
  head?: string;
  /** What differs. */
  marked?: string;
  tail?: string;
  /** It is what was. */
  was?: boolean;
}

function Text({ head = "", marked = "", tail = "", was = false }: TextProps) {
  const Mark = was ? "del" : "ins";
  const all: ReactNode = (
    <>
      {head}
      {marked !== "" && (
        <Mark className={was ? "bg-fail-wash no-underline" : "bg-accent-wash font-strong no-underline"}>{marked}</Mark>
      )}
      {tail}
    </>
  );
  const length = head.length + marked.length + tail.length;
  if (length <= LONG) return <span className="whitespace-pre-wrap">{all}</span>;
  return (
    <details>
      <summary>{said.long(length)}</summary>
      <span className="whitespace-pre-wrap">{all}</span>
    </details>
  );
}

/** What of it is easily overlooked, in words. */
function Notes({ changes, pricePerTask }: { changes: readonly AgentFieldChange[]; pricePerTask: number }) {
  const notes = changes.flatMap(({ field, before, after }) => {
    if (field === "price_per_task" && typeof before === "number" && typeof after === "number" && after > before) {
      return [said.dearer(priceOf(before), priceOf(after))];
    }
    if (field === "prices") return dearerSkills(changes, pricePerTask).map(toNote);
    if (!/^(?:url|card_url|card_address)$/.test(field)) return [];
    const hosts = hostChange(before, after);
    return hosts ? [said.otherHost(visibleText(hosts.before), visibleText(hosts.after))] : [];
  });
  if (notes.length === 0) return null;
  return (
    <ul className="mb-4 border-warn border-l-2 bg-warn-wash px-4 py-3">
      {[...new Set(notes)].map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function toNote({ skill, before, after, losesItsPrice }: DearerSkill): string {
  const says = losesItsPrice ? said.unpricedSkill : said.dearerSkill;
  return says(visibleText(skill), priceOf(before), priceOf(after));
}

const pricesIn = (value: unknown): Record<string, number> =>
  typeof value === "object" && value !== null ? (value as Record<string, number>) : {};

const priceOf = (dollars: number) => formatPrice(microDollarsFromNumber(dollars));

/** As people read it, with what hides in it made visible; undefined for what is not there. */
function textOf(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return said.none;
  if (field === "price_per_task" && typeof value === "number") return priceOf(value);
  if (field === "prices") {
    const lines = Object.entries(pricesIn(value)).map(([skill, price]) => `${skill}: ${priceOf(price)}`);
    return lines.length === 0 ? said.none : visibleText(lines.join("\n"));
  }
  if (Array.isArray(value) && value.every((one) => typeof one === "string" || typeof one === "number")) {
    return value.length === 0 ? said.none : visibleText(value.join("\n"));
  }
  return visibleText(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}
