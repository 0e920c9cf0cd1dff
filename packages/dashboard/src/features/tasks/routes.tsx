import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const tasksRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/tasks",
    component: lazyRouteComponent(() => import("./tasks.tsx"), "Tasks"),
  }),
] as const;
