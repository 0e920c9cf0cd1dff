import {
  Activity,
  Bot,
  ChartColumn,
  Link2,
  List,
  ListTree,
  type LucideIcon,
  Package,
  Settings,
  Wallet,
  Webhook,
} from "lucide-react";
import { en } from "../messages/en.ts";

/** Pages that belong together, in the order of the rail; the first and the last have no heading. */
export const placeGroups = ["start", "traffic", "agents", "money", "settings"] as const;
export type PlaceGroup = (typeof placeGroups)[number];

/** A page of the rail. */
export interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  group: PlaceGroup;
  /** The key that leads there after `g`: a letter of its own. */
  letter: string;
  /** Only this page itself is marked, and none below it. */
  isExact?: boolean;
  /** On a narrow screen in the bar, which has room for four; all others are behind More. */
  isInBar?: boolean;
}

/** Pages of whoever is signed in, as the rail has them. */
export const places = [
  {
    to: "/dashboard",
    label: en.pages.overview,
    icon: Activity,
    group: "start",
    letter: "o",
    isExact: true,
    isInBar: true,
  },
  { to: "/dashboard/logs", label: en.pages.logs, icon: List, group: "traffic", letter: "l", isInBar: true },
  { to: "/dashboard/tasks", label: en.tasks.title, icon: ListTree, group: "traffic", letter: "t" },
  { to: "/dashboard/webhooks", label: en.pages.webhooks, icon: Webhook, group: "traffic", letter: "h" },
  { to: "/dashboard/agents", label: en.pages.agents, icon: Bot, group: "agents", letter: "a", isInBar: true },
  { to: "/dashboard/chains", label: en.pages.chains, icon: Link2, group: "agents", letter: "c" },
  { to: "/dashboard/wallet", label: en.pages.wallet, icon: Wallet, group: "money", letter: "w", isInBar: true },
  { to: "/dashboard/usage", label: en.pages.usage, icon: ChartColumn, group: "money", letter: "u" },
  { to: "/dashboard/orders", label: en.pages.orders, icon: Package, group: "money", letter: "r" },
  { to: "/dashboard/settings", label: en.pages.settings, icon: Settings, group: "settings", letter: "s" },
] as const satisfies readonly Place[];
