import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminHealthRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/health",
    component: lazyRouteComponent(() => import("./admin-health.tsx"), "AdminHealth"),
  }),
] as const;
