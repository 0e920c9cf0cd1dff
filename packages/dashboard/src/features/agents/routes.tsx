import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const agentsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents",
    component: late(() => import("./agents.tsx"), "Agents"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents/new",
    component: late(() => import("./new/new-agent.tsx"), "NewAgent"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/agents/$id",
    component: late(() => import("./detail/agent-detail.tsx"), "AgentDetail"),
  }),
] as const;
