import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/settings",
    component: late(() => import("./settings.tsx"), "SettingsPage"),
  }),
] as const;
