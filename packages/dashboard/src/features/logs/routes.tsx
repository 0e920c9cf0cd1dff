import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const logsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/logs",
    component: lazyRouteComponent(() => import("./logs.tsx"), "Logs"),
  }),
] as const;
