import type { ListedSession } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { goSignIn } from "../../app/session.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age } from "../../ui/values.tsx";
import { browserOf } from "./browser-name.ts";

const said = en.settings;
const PAGE = 50;
const NAME_MAX = 40;

/** Who is signed in, from where and since when; each can be signed out. */
export function Sessions({ isAdmin }: { isAdmin: boolean }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<"all" | "this">();
  const sessions = useInfiniteQuery({
    queryKey: ["sessions"],
    queryFn: ({ pageParam, signal }) => gateway.listSessions({ before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const end = useMutation({
    mutationFn: ({ id }: ListedSession) => gateway.endSession(id),
    onSuccess: (_done, { is_current }) => {
      if (is_current) goSignIn();
      else void queries.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const endAll = useMutation({ mutationFn: () => gateway.endSessions(), onSuccess: goSignIn });
  const current = sessions.data?.pages.flatMap(({ entries }) => entries).find(({ is_current }) => is_current);
  const close = () => {
    setAsked(undefined);
    end.reset();
    endAll.reset();
  };
  return (
    <div className="flex flex-col gap-4">
      <div>
        <button type="button" className="button" onClick={() => setAsked("all")}>
          {said.endAll}
        </button>
      </div>
      {end.isError && !asked && <TroubleBox error={end.error} />}
      <Loaded query={sessions}>
        {({ pages }) => (
          <>
            <DataTable
              caption={said.sessions}
              rows={pages.flatMap(({ entries }) => entries)}
              keyOf={({ id }) => id}
              isSelected={({ is_current }) => is_current}
              columns={[
                { id: "browser", head: said.browser, isName: true, cell: (session) => <Browser session={session} /> },
                {
                  id: "with",
                  head: said.with,
                  cell: ({ key }) => (key ? shortText(key.name, NAME_MAX) : isAdmin ? said.withAdmin : said.withOwn),
                },
                { id: "from", head: said.from_, cell: ({ client_ip }) => client_ip && <code>{client_ip}</code> },
                { id: "since", head: said.since, cell: ({ created_at }) => <Age at={created_at} /> },
                { id: "used", head: said.lastUsed, cell: ({ last_used_at }) => <Age at={last_used_at} /> },
                { id: "ends", head: said.ends, isWideOnly: true, cell: ({ expires_at }) => <Age at={expires_at} /> },
                {
                  id: "end",
                  head: said.end,
                  isHeadHidden: true,
                  isNumber: true,
                  cell: (session) => (
                    <button
                      type="button"
                      className="button"
                      disabled={end.isPending}
                      onClick={() => (session.is_current ? setAsked("this") : end.mutate(session))}
                    >
                      {said.end}
                    </button>
                  ),
                },
              ]}
            />
            <MoreButton of={sessions} />
            <ByCurl path="/sessions" />
          </>
        )}
      </Loaded>
      <ConfirmDialog
        title={asked === "all" ? said.endAll : said.end}
        isOpen={asked !== undefined}
        onClose={close}
        action={asked === "all" ? said.endAll : said.end}
        onConfirm={() => (asked === "all" ? endAll.mutate() : current && end.mutate(current))}
        isBusy={end.isPending || endAll.isPending}
        error={end.error ?? endAll.error}
      >
        <p>{asked === "all" ? said.endAllAsk : said.endThisAsk}</p>
      </ConfirmDialog>
    </div>
  );
}

function Browser({ session: { user_agent, is_current } }: { session: ListedSession }) {
  return (
    <>
      <span title={user_agent ? shortText(user_agent, 300) : undefined}>
        {user_agent ? browserOf(user_agent) : said.unknownBrowser}
      </span>
      {is_current && <span className="text-ink-2"> ({said.thisBrowser})</span>}
    </>
  );
}
