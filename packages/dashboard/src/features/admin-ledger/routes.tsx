import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminLedgerRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/ledger",
    component: late(() => import("./admin-ledger.tsx"), "AdminLedger"),
  }),
] as const;
