import { createRouter } from "@tanstack/react-router";
import { agentsRoutes } from "../features/agents/routes.tsx";
import { chainsRoutes } from "../features/chains/routes.tsx";
import { designRoutes } from "../features/design/routes.tsx";
import { logsRoutes } from "../features/logs/routes.tsx";
import { ordersRoutes } from "../features/orders/routes.tsx";
import { overviewRoutes } from "../features/overview/routes.tsx";
import { settingsRoutes } from "../features/settings/routes.tsx";
import { tasksRoutes } from "../features/tasks/routes.tsx";
import { usageRoutes } from "../features/usage/routes.tsx";
import { walletRoutes } from "../features/wallet/routes.tsx";
import { webhooksRoutes } from "../features/webhooks/routes.tsx";
import { Loading } from "../ui/loading.tsx";
import { TroubleBox } from "../ui/trouble-box.tsx";
import { adminRoutes } from "./admin-routes.ts";
import { NotFound } from "./not-found.tsx";
import { parseSearch, stringifySearch } from "./plain-search.ts";
import { rootRoute } from "./root-route.tsx";

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    ...agentsRoutes,
    ...chainsRoutes,
    ...designRoutes,
    ...logsRoutes,
    ...ordersRoutes,
    ...overviewRoutes,
    ...settingsRoutes,
    ...tasksRoutes,
    ...usageRoutes,
    ...walletRoutes,
    ...adminRoutes,
    ...webhooksRoutes,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading />,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: ({ error, reset }) => <TroubleBox error={error} onRetry={reset} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
