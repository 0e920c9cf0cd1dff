import type { Agent } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { ReadError, read } from "../../../app/read.ts";
import { en } from "../../../messages/en.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { Markdown } from "../../../ui/markdown.tsx";
import { Section } from "../../../ui/page.tsx";
import { TextBlock } from "../../../ui/text-block.tsx";
import { isTooled } from "../skills/skills-api.ts";
import { useOwns } from "../use-owns.ts";
import { CardRefresh } from "./card-refresh.tsx";

const said = en.agentDetail;
const RAW_MAX = 300_000;
const SKILLS_MAX = 256;
const VIEWS = ["rendered", "raw", "upstream"] as const;
type View = (typeof VIEWS)[number];

type Card = Record<string, unknown>;

/** The card that the gateway gives for the agent, the agent's own, and what would change if that were fetched anew. */
export function CardTab({ agent }: { agent: Agent }) {
  const search = useSearch({ strict: false }) as PlainSearch;
  const view: View = VIEWS.find((one) => one === search.view) ?? "rendered";
  const isOwners = useOwns(agent);
  const isUpstream = view === "upstream";
  const path = `/agents/${agent.id}${isUpstream ? "/upstream-card.json" : "/card"}`;
  const card = useQuery({
    queryKey: ["agents", "one", agent.id, "card", isUpstream],
    queryFn: async ({ signal }) => {
      try {
        return await read<Card>(path, {}, signal);
      } catch (error) {
        if (isUpstream && error instanceof ReadError && error.status === 404) return null;
        throw error;
      }
    },
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {isOwners && !isTooled(agent) && <CardRefresh agent={agent} />}
      <Section title={said.tabs.card} aside={<Views current={view} />}>
        <Loaded query={card} rows={10}>
          {(known) =>
            known === null ? (
              <p className="text-ink-2">{said.noUpstream}</p>
            ) : view === "rendered" ? (
              <Rendered card={known} />
            ) : (
              <Raw card={known} path={path} />
            )
          }
        </Loaded>
      </Section>
    </div>
  );
}

function Views({ current }: { current: View }) {
  return (
    <nav aria-label={said.cardViews} className="flex flex-wrap gap-4">
      {VIEWS.map((view) => (
        <Link
          key={view}
          to="."
          search={({ view: _view, ...rest }: PlainSearch) => ({ ...rest, ...(view !== "rendered" && { view }) })}
          className="tab"
          activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
          activeProps={{}}
          aria-current={view === current ? "page" : undefined}
        >
          {said.views[view]}
        </Link>
      ))}
    </nav>
  );
}

function Rendered({ card }: { card: Card }) {
  const interfaces = objectsIn(card.supportedInterfaces ?? card.additionalInterfaces);
  const skills = objectsIn(card.skills).slice(0, SKILLS_MAX);
  const capabilities = (card.capabilities ?? {}) as Card;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <p>
        <span className="font-strong text-section">{textOf(card.name, 80)}</span> {textOf(card.version, 20)}
      </p>
      {typeof card.description === "string" && <Markdown text={card.description} />}
      <dl className="facts">
        <dt>{said.interfaces}</dt>
        <dd>
          {interfaces.map((face, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: nothing else tells them apart
            <span key={index} className="block">
              {textOf(face.protocolBinding ?? face.transport, 20)} {textOf(face.protocolVersion, 8)}{" "}
              <code>{textOf(face.url, 200)}</code>
            </span>
          ))}
        </dd>
        <dt>{en.newAgent.streaming}</dt>
        <dd>{capabilities.streaming ? en.newAgent.yes : en.newAgent.no}</dd>
        <dt>{said.pushes}</dt>
        <dd>{capabilities.pushNotifications ? en.newAgent.yes : en.newAgent.no}</dd>
      </dl>
      <div>
        <h3 className="pb-2">{en.newAgent.skills}</h3>
        {skills.length === 0 && <p className="text-ink-2">{en.newAgent.noSkills}</p>}
        <ul>
          {skills.map((skill, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: skills may be alike
            <li key={index} className="border-line border-b py-2">
              <span className="font-strong">{textOf(skill.name ?? skill.id, 80)}</span>{" "}
              <code className="text-ink-3">{textOf(skill.id, 60)}</code>
              {/* The gateway writes cards whose one skill says what the agent does. */}
              {skill.description !== card.description && (
                <p className="max-w-prose">{textOf(skill.description, 1_000)}</p>
              )}
              {Array.isArray(skill.tags) && <p className="text-ink-2">{textOf(skill.tags.join(", "), 200)}</p>}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Raw({ card, path }: { card: Card; path: string }) {
  const text = JSON.stringify(card, undefined, 2);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <p className="flex flex-wrap items-center gap-3">
        <a href={path}>
          <code>{path}</code>
        </a>
        <CopyButton text={text} />
      </p>
      <TextBlock>{visibleText(text.slice(0, RAW_MAX))}</TextBlock>
    </div>
  );
}

const objectsIn = (value: unknown): Card[] =>
  Array.isArray(value) ? value.filter((item): item is Card => typeof item === "object" && item !== null) : [];

const textOf = (value: unknown, max: number): string =>
  value === undefined || value === null
    ? ""
    : shortText(typeof value === "string" ? value : JSON.stringify(value), max);
