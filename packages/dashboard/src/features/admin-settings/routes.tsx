import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminSettingsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/settings",
    component: late(() => import("./admin-settings.tsx"), "AdminSettings"),
  }),
] as const;
