import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Activity, Bot, List } from "lucide-react";
import { useEffect } from "react";
import { en } from "../messages/en.ts";
import { Glyph } from "../ui/glyph.tsx";
import { Loading } from "../ui/loading.tsx";
import { TroubleBox } from "../ui/trouble-box.tsx";
import type { PlainSearch } from "./plain-search.ts";
import { PreferencesPanel } from "./preferences-panel.tsx";
import { goSignIn, type Session, sessionQuery } from "./session.ts";
import { SignOut } from "./sign-out.tsx";
import { isSignedOut } from "./trouble.ts";

const places = [
  { to: "/dashboard", label: en.pages.overview, icon: Activity, exact: true },
  { to: "/dashboard/agents", label: en.pages.agents, icon: Bot, exact: false },
  { to: "/dashboard/logs", label: en.pages.logs, icon: List, exact: false },
] as const;

/** What stands around every page: where one is, who one is, how one reads. */
export function Shell() {
  const session = useQuery(sessionQuery);
  const hasEnded = session.isError && isSignedOut(session.error);
  useEffect(() => {
    if (hasEnded) goSignIn();
  }, [hasEnded]);
  if (session.isPending || hasEnded) return <Loading />;
  if (session.isError) return <TroubleBox error={session.error} onRetry={() => void session.refetch()} />;
  return (
    <div className="grid min-h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[auto_1fr_auto] wide:grid-cols-[13rem_minmax(0,1fr)] wide:grid-rows-[1fr]">
      <a href="#content" className="skip">
        {en.skip}
      </a>
      <header className="flex items-center justify-between border-line border-b px-4 py-3 wide:sticky wide:top-0 wide:h-dvh wide:flex-col wide:items-stretch wide:justify-start wide:gap-6 wide:border-r wide:border-b-0 wide:py-6">
        <a href="/" className="flex items-center gap-2 font-strong text-ink-1 no-underline">
          <Glyph /> AgentGate
        </a>
        <Nav />
        <Whoever session={session.data} />
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 px-4 pt-6 pb-24 outline-none wide:px-8 wide:pb-12">
        <Outlet />
      </main>
    </div>
  );
}

function Nav() {
  return (
    <nav
      aria-label={en.navigation}
      className="fixed inset-x-0 bottom-0 z-10 border-line border-t bg-paper wide:static wide:border-0"
    >
      <ul className="flex justify-around wide:flex-col wide:gap-1">
        {places.map(({ to, label, icon: Icon, exact }) => (
          <li key={to} className="grow">
            <Link to={to} search={keptSearch} activeOptions={{ exact, includeSearch: false }} className="place">
              <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The range goes along from page to page. */
const keptSearch = ({ range, from, to }: PlainSearch): PlainSearch => ({
  ...(range !== undefined && { range }),
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

function Whoever({ session }: { session: Session }) {
  return (
    <div className="flex items-center gap-4 wide:mt-auto wide:flex-col wide:items-stretch">
      <PreferencesPanel />
      <div className="flex items-baseline justify-between gap-3">
        <span className="truncate">{session.org_name ?? en.admin}</span>
        <SignOut />
      </div>
    </div>
  );
}
