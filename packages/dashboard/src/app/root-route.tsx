import { createRootRoute, useMatches } from "@tanstack/react-router";
import { AdminShell } from "./admin-shell.tsx";
import type { PlainSearch } from "./plain-search.ts";
import { Shell } from "./shell.tsx";

const asIs = (search: Record<string, unknown>): PlainSearch => search as PlainSearch;

/** The pages of the admin have a frame of their own: of the page that is shown, not of the one that is on its way. */
function Frame() {
  const isAdmins = useMatches({ select: (matches) => /^\/admin(?:\/|$)/.test(matches.at(-1)?.pathname ?? "") });
  return isAdmins ? <AdminShell /> : <Shell />;
}

/** Every page's parent. Each feature has its pages' routes in a file of its own, and the router all of them. */
export const rootRoute = createRootRoute({ component: Frame, validateSearch: asIs });
