import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const settingsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/settings",
    component: lazyRouteComponent(() => import("./settings.tsx"), "SettingsPage"),
  }),
] as const;
