import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useLive } from "../../app/live/use-live.ts";
import { type ChosenOrg, OrgPage } from "../../app/org-page.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Entries } from "./entries.tsx";
import { Holds } from "./holds.tsx";
import { LowBalance } from "./low-balance.tsx";
import { Statements } from "./statements.tsx";
import { TopUp } from "./top-up.tsx";
import { walletKeys, walletQuery } from "./wallet-api.ts";
import { WalletFigures } from "./wallet-figures.tsx";

const said = en.wallet;
const tabs = (["entries", "holds", "statements"] as const).map((id) => ({ id, label: said.tabs[id] }));

/** What an organization has, what moved it, and how more comes in. */
export const WalletPage = () => <OrgPage title={en.pages.wallet}>{(org) => <Wallet key={org.id} org={org} />}</OrgPage>;

/** What moves the money is seen as it does, at most so often. */
const LIVE_MS = 500;

function Wallet({ org: { id: orgId, isAdmin } }: { org: ChosenOrg }) {
  const wallet = useQuery(walletQuery(orgId));
  const queries = useQueryClient();
  const may = useMay();
  useLive({
    // Of wallets their own organizations hear.
    topics: !isAdmin && may("wallet:read") ? ["wallet"] : [],
    everyMs: LIVE_MS,
    onChange: () => {
      for (const queryKey of walletKeys(orgId)) void queries.invalidateQueries({ queryKey });
    },
  });
  const { tab } = useSearch({ strict: false }) as PlainSearch;
  const current = tabs.find(({ id }) => id === tab)?.id ?? "entries";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <Loaded query={wallet} rows={3}>
        {(data) => (
          <>
            <WalletFigures wallet={data} />
            <div className="grid grid-cols-[minmax(0,1fr)] gap-8 broad:grid-cols-2">
              <Section title={said.topUp}>
                <TopUp orgId={orgId} mode={data.topup ?? "open"} />
              </Section>
              <Section title={said.low}>
                <LowBalance orgId={orgId} />
              </Section>
            </div>
          </>
        )}
      </Loaded>
      <div>
        <Tabs label={said.parts} tabs={tabs} current={current} />
        {current === "entries" && <Entries orgId={orgId} />}
        {current === "holds" && <Holds orgId={orgId} />}
        {current === "statements" && <Statements orgId={orgId} />}
      </div>
    </div>
  );
}
