import type { ApiKey } from "@agentgate/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { ChosenOrg } from "../../../app/org-page.tsx";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { useMay } from "../../../app/use-may.ts";
import { en } from "../../../messages/en.ts";
import { ByCurl } from "../../../ui/by-curl.tsx";
import { Empty } from "../../../ui/empty.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { MoreButton } from "../../../ui/more-button.tsx";
import { NotAllowed } from "../../../ui/not-allowed.tsx";
import { Section } from "../../../ui/page.tsx";
import { KeyDetail } from "./key-detail.tsx";
import { KeyTable } from "./key-table.tsx";
import { keysQuery } from "./keys-api.ts";
import { NewKey } from "./new-key.tsx";
import { OwnKey } from "./own-key.tsx";
import { ShownKey, type TextOfKey } from "./shown-key.tsx";

const said = en.settings;

const firstKey = (orgId: string) => `curl -s ${location.origin}/orgs/${orgId}/keys \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"build","scopes":["tasks:call"],"expires_in":7776000}'`;

/** The organization's own key and those that were made for something. Which one is looked into, or made, stands in the address. */
export function Keys({ org }: { org: ChosenOrg }) {
  const { key: open, new: making } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const may = useMay();
  const keys = useInfiniteQuery(keysQuery(org.id));
  /** Told this once, and kept nowhere else. */
  const [shown, setShown] = useState<TextOfKey>();
  const close = () =>
    void navigate({ to: ".", search: ({ key: _key, new: _new, ...rest }: PlainSearch) => rest, resetScroll: false });
  const tell = (key: TextOfKey) => {
    setShown(key);
    scrollTo({ top: 0 });
  };
  if (!may("keys:read")) return <NotAllowed what={said.tabs.keys} scope="keys:read" />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {shown && <ShownKey shown={shown} onKept={() => setShown(undefined)} />}
      {making === "key" ? (
        <NewKey orgId={org.id} onMade={tell} />
      ) : may("keys:write") ? (
        <div>
          <Link to="." search={(now: PlainSearch) => ({ ...now, new: "key" })} className="button button-primary">
            {said.newKey}
          </Link>
        </div>
      ) : (
        <NotAllowed what={said.newKey} scope="keys:write" />
      )}
      {making !== "key" && (
        <Loaded query={keys}>
          {({ pages }) => {
            const all = pages.flatMap(({ entries }) => entries);
            const named = all.filter(({ role }) => role === "named");
            const opened = named.find(({ id }) => id === open);
            return (
              <>
                <Section title={said.ownKey}>
                  <OwnKey org={org} own={all.filter(isOwn)} onMinted={tell} />
                </Section>
                <Section title={said.keys}>
                  {named.length === 0 ? (
                    <Empty command={firstKey(org.id)}>{said.noKeys}</Empty>
                  ) : (
                    <KeyTable keys={named} />
                  )}
                  <MoreButton of={keys} />
                  <ByCurl path={`/orgs/${org.id}/keys`} />
                </Section>
                {opened && <KeyDetail key={opened.id} orgId={org.id} apiKey={opened} onClose={close} onMinted={tell} />}
              </>
            );
          }}
        </Loaded>
      )}
    </div>
  );
}

const isOwn = ({ role }: ApiKey) => role !== "named";
