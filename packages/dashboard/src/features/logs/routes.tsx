import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const logsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/logs",
    component: late(() => import("./logs.tsx"), "Logs"),
  }),
] as const;
