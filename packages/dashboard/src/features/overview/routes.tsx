import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const overviewRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard",
    component: lazyRouteComponent(() => import("./overview.tsx"), "Overview"),
  }),
] as const;
