import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminOrgsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/orgs",
    component: lazyRouteComponent(() => import("./admin-orgs.tsx"), "AdminOrgs"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/orgs/$id",
    component: lazyRouteComponent(() => import("./admin-org.tsx"), "AdminOrg"),
  }),
] as const;
