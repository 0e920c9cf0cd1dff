import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const agentsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents",
    component: lazyRouteComponent(() => import("./agents.tsx"), "Agents"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents/new",
    component: lazyRouteComponent(() => import("./new/new-agent.tsx"), "NewAgent"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents/$id",
    component: lazyRouteComponent(() => import("./detail/agent-detail.tsx"), "AgentDetail"),
  }),
] as const;
