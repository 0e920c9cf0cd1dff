import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const adminLedgerRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/ledger",
    component: lazyRouteComponent(() => import("./admin-ledger.tsx"), "AdminLedger"),
  }),
] as const;
