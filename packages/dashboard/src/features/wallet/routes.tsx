import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

export const walletRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/wallet",
    component: late(() => import("./wallet.tsx"), "WalletPage"),
  }),
] as const;
