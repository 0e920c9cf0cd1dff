import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const overviewRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard",
    component: late(() => import("./overview.tsx"), "Overview"),
  }),
] as const;
