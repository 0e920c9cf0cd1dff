import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Loading } from "../ui/loading.tsx";
import { TroubleBox } from "../ui/trouble-box.tsx";
import { type PlainSearch, parseSearch, stringifySearch } from "./plain-search.ts";
import { Shell } from "./shell.tsx";

const asIs = (search: Record<string, unknown>): PlainSearch => search as PlainSearch;

const root = createRootRoute({ component: Shell, validateSearch: asIs });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/dashboard",
  component: lazyRouteComponent(() => import("../features/overview/overview.tsx"), "Overview"),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: "/dashboard/agents",
  component: lazyRouteComponent(() => import("../features/agents/agents.tsx"), "Agents"),
});

const logs = createRoute({
  getParentRoute: () => root,
  path: "/dashboard/logs",
  component: lazyRouteComponent(() => import("../features/logs/logs.tsx"), "Logs"),
});

export const router = createRouter({
  routeTree: root.addChildren([overview, agents, logs]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <TroubleBox error={error} onRetry={reset} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
