import { createRoute } from "@tanstack/react-router";
import { late } from "../../app/late.ts";
import { rootRoute } from "../../app/root-route.tsx";

/** Set where the pages are built with `AGENTGATE_DESIGN_PAGE=1`. */
declare const DESIGN_PAGE: boolean;

/** The sheet of all that pages are made of, for whoever works on them: no page that is published has it. */
export const designRoutes = DESIGN_PAGE
  ? ([
      createRoute({
        getParentRoute: () => rootRoute,
        path: "/dashboard/design",
        component: late(() => import("./design.tsx"), "Design"),
      }),
    ] as const)
  : ([] as const);
