import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const adminAuditRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/admin/audit",
    component: late(() => import("./admin-audit.tsx"), "AdminAudit"),
  }),
] as const;
