import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const ordersRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/orders",
    component: late(() => import("./orders.tsx"), "OrdersPage"),
  }),
] as const;
