import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const chainsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/chains",
    component: lazyRouteComponent(() => import("./chains.tsx"), "Chains"),
  }),
] as const;
