import type { Agent } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { notify } from "../../../app/notice.tsx";
import { en } from "../../../messages/en.ts";
import { DataTable } from "../../../ui/data-table.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { Section } from "../../../ui/page.tsx";
import { State, type StateName } from "../../../ui/state.tsx";
import { TextBlock } from "../../../ui/text-block.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Price } from "../../../ui/values.tsx";
import { coveringPrice, PriceFields, pricesOf } from "../skills/price-fields.tsx";
import { isTooled, type KnownSkill, skillsQuery } from "../skills/skills-api.ts";
import { useOwns } from "../use-owns.ts";
import { CardRefresh } from "./card-refresh.tsx";

const said = en.skills;
const NAME_MAX = 80;
const SCHEMA_MAX = 20_000;
const SHAPES: Record<KnownSkill["state"], StateName> = {
  live: "ok",
  changed: "slow",
  pending: "slow",
  gone: "unknown",
};

/** What it can do, and what each of that costs; for its owner, what waits to be looked at, and prices to be changed. */
export function SkillsTab({ agent }: { agent: Agent }) {
  const skills = useQuery(skillsQuery(agent.id));
  const isOwners = useOwns(agent);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {isOwners && isTooled(agent) && <CardRefresh agent={agent} />}
      <Loaded query={skills} rows={6}>
        {(known) => (
          <>
            <Section title={isTooled(agent) ? said.tools : said.skills}>
              {known.length === 0 ? <p className="text-ink-2">{said.none}</p> : <List agent={agent} skills={known} />}
            </Section>
            {isOwners && known.length > 0 && (
              <Prices key={agent.updated_at} agent={agent} skills={known.filter(({ state }) => state !== "gone")} />
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}

const List = ({ agent, skills }: { agent: Agent; skills: readonly KnownSkill[] }) => (
  <DataTable
    caption={said.skills}
    rows={skills}
    keyOf={({ id }) => id}
    columns={[
      {
        id: "name",
        head: said.skill,
        isName: true,
        cell: (skill) => <Told skill={skill} />,
      },
      ...(skills.some(({ state }) => state !== "live")
        ? [
            {
              id: "state",
              head: said.state,
              cell: ({ state }: KnownSkill) => <State is={SHAPES[state]} word={said.states[state]} />,
            },
          ]
        : []),
      { id: "tool", head: said.asTool, isWideOnly: true, cell: ({ tool }) => <code>{shortText(tool, 64)}</code> },
      {
        id: "price",
        head: said.price,
        isNumber: true,
        cell: ({ price }) => <Price dollars={price ?? agent.price_per_task} />,
      },
    ]}
  />
);

/** Its name and words; what it takes where somebody wants to know. */
function Told({ skill: { id, title, description, input_schema } }: { skill: KnownSkill }) {
  return (
    <div className="min-w-0 py-1">
      <span className="font-strong">{shortText(title ?? id, NAME_MAX)}</span>{" "}
      {title !== null && title !== id && <code className="text-ink-3">{shortText(id, NAME_MAX)}</code>}
      {description !== "" && <p className="max-w-prose text-ink-2">{shortText(description, 400)}</p>}
      {input_schema && (
        <details>
          <summary className="text-ink-2">{said.takes}</summary>
          <TextBlock>{visibleText(JSON.stringify(input_schema, undefined, 2).slice(0, SCHEMA_MAX))}</TextBlock>
        </details>
      )}
    </div>
  );
}

function Prices({ agent, skills }: { agent: Agent; skills: readonly KnownSkill[] }) {
  const queries = useQueryClient();
  const before = Object.fromEntries(
    skills.flatMap(({ id, price }) => (price === null ? [] : [[id, `${price}`] as const])),
  );
  const [prices, setPrices] = useState<Record<string, string>>(before);
  const covering = coveringPrice(prices, `${agent.price_per_task}`);
  const isOther = JSON.stringify(Object.entries(prices).sort()) !== JSON.stringify(Object.entries(before).sort());
  const save = useMutation({
    mutationFn: () =>
      gateway.updateAgent(agent.id, {
        prices: pricesOf(prices),
        ...(covering > agent.price_per_task && { pricePerTask: covering }),
      }),
    onSuccess: ({ pending }) => {
      notify(pending ? en.agentDetail.savedToApproval : en.saved);
      void queries.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  return (
    <Section title={said.prices}>
      <form
        className="grid max-w-xl grid-cols-[minmax(0,1fr)] gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <p className="text-ink-2">{said.pricesWhat}</p>
        <PriceFields
          skills={skills.map((skill) => ({ ...skill, description: "" }))}
          prices={prices}
          onChange={setPrices}
          price={`${agent.price_per_task}`}
          error={save.error}
        />
        {covering > agent.price_per_task && (
          <p className="border-warn border-l-2 bg-warn-wash px-4 py-2">
            {said.raises} <Price dollars={covering} />.
          </p>
        )}
        {save.isError && <TroubleBox error={save.error} />}
        <button
          type="submit"
          className="button button-primary justify-self-start"
          disabled={!isOther || save.isPending}
        >
          {said.savePrices}
        </button>
      </form>
    </Section>
  );
}
