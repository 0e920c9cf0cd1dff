import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminOverviewRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin",
    component: late(() => import("./admin-overview.tsx"), "AdminOverview"),
  }),
] as const;
