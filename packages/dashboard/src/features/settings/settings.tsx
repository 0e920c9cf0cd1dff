import { useSearch } from "@tanstack/react-router";
import { type ChosenOrg, OrgPage } from "../../app/org-page.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Tabs } from "../../ui/tabs.tsx";
import { Keys } from "./keys/keys.tsx";
import { Limits } from "./limits.tsx";
import { Organization } from "./organization.tsx";
import { Sessions } from "./sessions.tsx";

const said = en.settings;
const tabs = (["org", "limits", "keys", "sessions"] as const).map((id) => ({ id, label: said.tabs[id] }));

/** An organization's facts and tier, its limits, its keys, and who is signed in. */
export const SettingsPage = () => (
  <OrgPage title={en.pages.settings}>{(org) => <Settings key={org.id} org={org} />}</OrgPage>
);

function Settings({ org }: { org: ChosenOrg }) {
  const { tab } = useSearch({ strict: false }) as PlainSearch;
  const current = tabs.find(({ id }) => id === tab)?.id ?? "org";
  return (
    <>
      <Tabs label={said.parts} tabs={tabs} current={current} />
      {current === "org" && <Organization orgId={org.id} />}
      {current === "limits" && <Limits orgId={org.id} />}
      {current === "keys" && <Keys org={org} />}
      {current === "sessions" && <Sessions isAdmin={org.isAdmin} />}
    </>
  );
}
