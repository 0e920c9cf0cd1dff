import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminHealthRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/health",
    component: late(() => import("./admin-health.tsx"), "AdminHealth"),
  }),
] as const;
