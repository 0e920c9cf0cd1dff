import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const ordersRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/orders",
    component: lazyRouteComponent(() => import("./orders.tsx"), "OrdersPage"),
  }),
] as const;
