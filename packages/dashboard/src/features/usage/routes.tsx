import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const usageRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/usage",
    component: late(() => import("./usage.tsx"), "UsagePage"),
  }),
] as const;
