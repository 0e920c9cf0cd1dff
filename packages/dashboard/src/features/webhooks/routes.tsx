import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const webhooksRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/webhooks",
    component: lazyRouteComponent(() => import("./webhooks.tsx"), "Webhooks"),
  }),
] as const;
