import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { keptSearch } from "../../app/kept-search.ts";
import { type ChosenOrg, OrgPage } from "../../app/org-page.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { instantsOf, rangeOf } from "../../app/time-range.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { Money } from "../../ui/values.tsx";
import type { Span } from "../overview/stats.ts";
import { TopList } from "../overview/top-list.tsx";
import { Metered } from "./metered.tsx";
import { breakdownPath, tradeQuery } from "./usage-api.ts";

const GRAIN_MS = 30_000;
const TOP = 50;
const said = en.usage;

/** What an organization's agents were called for, what was paid and earned, and by whom. */
export function UsagePage() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const now = useGrainedNow(GRAIN_MS);
  const range = rangeOf(search);
  return (
    <OrgPage title={en.pages.usage} actions={() => <RangePicker range={range} />}>
      {(org) => <Usage key={org.id} org={org} span={instantsOf(range, now)} calls={keptSearch(search)} />}
    </OrgPage>
  );
}

interface UsageProps {
  org: ChosenOrg;
  span: Span;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
}

function Usage({ org, span, calls }: UsageProps) {
  const top = { asked: { span, orgId: org.isAdmin ? org.id : undefined }, limit: TOP, calls, hasEarned: true };
  const path = breakdownPath(org.id);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <Metered orgId={org.id} />
      <TopList title={said.byAgent} by="agent" {...top} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
        <TopList title={said.byPayer} by="payer" {...top} />
        <Section title={said.trade}>
          <Trade orgId={org.id} />
        </Section>
      </div>
      <div>
        <a href={`${path}?format=csv`} download>
          {said.csv}
        </a>
        <ByCurl path={path} />
      </div>
    </div>
  );
}

function Trade({ orgId }: { orgId: string }) {
  const trade = useQuery(tradeQuery(orgId));
  return (
    <Loaded query={trade} rows={5}>
      {(sums) => (
        <dl className="facts">
          <dt>{said.spent}</dt>
          <dd>
            <Money dollars={sums.total_spent} />
          </dd>
          <dt>{said.fees}</dt>
          <dd>
            <Money dollars={sums.total_fees_paid} />
          </dd>
          <dt>{said.asPayer}</dt>
          <dd>{sums.transactions_as_payer}</dd>
          <dt>{said.earned}</dt>
          <dd>
            <Money dollars={sums.total_earned} />
          </dd>
          <dt>{said.asReceiver}</dt>
          <dd>{sums.transactions_as_receiver}</dd>
        </dl>
      )}
    </Loaded>
  );
}
