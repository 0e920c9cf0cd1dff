import {
  Activity,
  Bot,
  Building2,
  CircleCheckBig,
  HeartPulse,
  History,
  LayoutDashboard,
  Scale,
  SlidersHorizontal,
} from "lucide-react";
import { en } from "../messages/en.ts";
import type { Place } from "./places.ts";

const said = en.adminPages;

/** Pages of the admin, as the rail has them. The gateway serves the address of each by name: none is an operation's of the API. */
export const adminPlaces = [
  { to: "/admin", label: said.overview, icon: Activity, group: "start", letter: "o", isExact: true, isInBar: true },
  { to: "/admin/orgs", label: said.orgs, icon: Building2, group: "start", letter: "r" },
  { to: "/admin/agents", label: said.agents, icon: Bot, group: "start", letter: "a" },
  { to: "/admin/approvals", label: said.approvals, icon: CircleCheckBig, group: "start", letter: "p", isInBar: true },
  { to: "/admin/ledger", label: said.ledger, icon: Scale, group: "start", letter: "l", isInBar: true },
  { to: "/admin/health", label: said.health, icon: HeartPulse, group: "start", letter: "h", isInBar: true },
  { to: "/admin/audit", label: said.audit, icon: History, group: "start", letter: "u" },
  { to: "/admin/settings", label: said.settings, icon: SlidersHorizontal, group: "start", letter: "s" },
  { to: "/dashboard", label: said.toDashboard, icon: LayoutDashboard, group: "settings", letter: "d", isExact: true },
] as const satisfies readonly Place[];

/** The way there from the dashboard, for whoever may. */
export const toAdmin: Place = { to: "/admin", label: said.admin, icon: HeartPulse, group: "settings", letter: "m" };
