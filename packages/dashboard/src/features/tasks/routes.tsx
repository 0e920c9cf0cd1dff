import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const tasksRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/tasks",
    component: late(() => import("./tasks.tsx"), "Tasks"),
  }),
] as const;
