import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminAgentsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/agents",
    component: late(() => import("./admin-agents.tsx"), "AdminAgents"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/approvals",
    component: late(() => import("./admin-approvals.tsx"), "AdminApprovals"),
  }),
] as const;
