import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const usageRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/usage",
    component: lazyRouteComponent(() => import("./usage.tsx"), "UsagePage"),
  }),
] as const;
