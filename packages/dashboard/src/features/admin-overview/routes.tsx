import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminOverviewRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin",
    component: lazyRouteComponent(() => import("./admin-overview.tsx"), "AdminOverview"),
  }),
] as const;
