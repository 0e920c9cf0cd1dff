import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminOrgsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/orgs",
    component: late(() => import("./admin-orgs.tsx"), "AdminOrgs"),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/orgs/$id",
    component: late(() => import("./admin-org.tsx"), "AdminOrg"),
  }),
] as const;
