import type { AgentPreview } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { en } from "../../../messages/en.ts";
import { Section } from "../../../ui/page.tsx";
import { State, type StateName } from "../../../ui/state.tsx";
import { TextBlock } from "../../../ui/text-block.tsx";

const said = en.newAgent;
const SKILLS_SHOWN = 12;
const TEXT_MAX = 600;
const RAW_MAX = 200_000;
const SHAPES: Record<"info" | "warning" | "error", StateName> = { info: "ok", warning: "slow", error: "failed" };

/** What was found at an address, in the words of its card and in ours. */
export function PreviewReport({ preview, onAgain }: { preview: AgentPreview; onAgain(): void }) {
  const { protocol, findings, card } = preview;
  return (
    <Section
      title={said.found}
      aside={
        <button type="button" className="button" onClick={onAgain}>
          {en.again}
        </button>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
        {protocol === null || protocol === "plain" ? (
          <p>{protocol ? said.speaks.plain : said.nobody}</p>
        ) : (
          <Summary preview={preview} />
        )}
        {findings.length > 0 && (
          <ul aria-label={said.findings}>
            {findings.map(({ code, severity, message }) => (
              <li key={`${code} ${message}`} className="flex gap-3 border-line border-b py-1.5">
                <span className="w-16 shrink-0">
                  <State is={SHAPES[severity]} word={said.severities[severity]} />
                </span>
                <span className="min-w-0">{shortText(message, TEXT_MAX)}</span>
              </li>
            ))}
          </ul>
        )}
        {card && (
          <details>
            <summary>{said.rawCard}</summary>
            <TextBlock>{visibleText(JSON.stringify(card, undefined, 2).slice(0, RAW_MAX))}</TextBlock>
          </details>
        )}
      </div>
    </Section>
  );
}

/** What its card, its server or its website says of it. */
function Summary({ preview }: { preview: AgentPreview }) {
  const { protocol, name, version, description, skills, interfaces, streaming, card_url } = preview;
  const isTools = protocol === "mcp" || protocol === "site";
  return (
    <div className="grid gap-3">
      <p>
        <span className="font-strong text-section">{shortText(name, 80)}</span> {shortText(version, 20)}
      </p>
      {protocol && protocol !== "plain" && <p>{said.speaks[protocol]}</p>}
      <p className="max-w-prose whitespace-pre-line">{shortText(description, TEXT_MAX)}</p>
      <dl className="facts">
        {card_url && (
          <>
            <dt>{said.card}</dt>
            <dd>
              <code>{shortText(card_url, 200)}</code>
            </dd>
          </>
        )}
        {interfaces.length > 0 && (
          <>
            <dt>{said.interfaces}</dt>
            <dd>
              {interfaces.map(({ url, binding, version: spoken }) => (
                <span key={`${url} ${binding} ${spoken}`} className="block">
                  A2A {spoken}, {binding}, <code>{shortText(url, 200)}</code>
                </span>
              ))}
            </dd>
          </>
        )}
        <dt>{said.streaming}</dt>
        <dd>{streaming ? said.yes : said.no}</dd>
        <dt>{isTools ? said.tools : said.skills}</dt>
        <dd>
          <Skills skills={skills} />
        </dd>
      </dl>
    </div>
  );
}

function Skills({ skills }: { skills: AgentPreview["skills"] }) {
  if (skills.length === 0) return said.noSkills;
  return (
    <>
      {skills.slice(0, SKILLS_SHOWN).map((skill, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: skills may be alike
        <span key={index} className="block">
          <span className="font-strong">{shortText(String(skill.name ?? skill.id ?? ""), 60)}</span>{" "}
          <span className="text-ink-2">{shortText(String(skill.description ?? ""), 120)}</span>
        </span>
      ))}
      {skills.length > SKILLS_SHOWN && (
        <span className="text-ink-2">{said.moreSkills(skills.length - SKILLS_SHOWN)}</span>
      )}
    </>
  );
}
