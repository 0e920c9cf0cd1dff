import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminAgentsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/agents",
    component: lazyRouteComponent(() => import("./admin-agents.tsx"), "AdminAgents"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/approvals",
    component: lazyRouteComponent(() => import("./admin-approvals.tsx"), "AdminApprovals"),
  }),
] as const;
