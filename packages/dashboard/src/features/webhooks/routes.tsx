import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const webhooksRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/webhooks",
    component: late(() => import("./webhooks.tsx"), "Webhooks"),
  }),
] as const;
