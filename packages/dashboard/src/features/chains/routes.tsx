import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const chainsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/chains",
    component: late(() => import("./chains.tsx"), "Chains"),
  }),
] as const;
