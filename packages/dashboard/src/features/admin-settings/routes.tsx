import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminSettingsRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/settings",
    component: lazyRouteComponent(() => import("./admin-settings.tsx"), "AdminSettings"),
  }),
] as const;
