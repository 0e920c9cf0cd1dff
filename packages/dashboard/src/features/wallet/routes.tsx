import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "../../app/root-route.tsx";

export const walletRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: "/dashboard/wallet",
    component: lazyRouteComponent(() => import("./wallet.tsx"), "WalletPage"),
  }),
] as const;
