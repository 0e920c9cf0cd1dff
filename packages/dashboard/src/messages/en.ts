import { adminPages } from "./en/admin-pages.ts";
import { agentDetail } from "./en/agent-detail.ts";
import { agents } from "./en/agents.ts";
import { chains } from "./en/chains.ts";
import { everywhere } from "./en/everywhere.ts";
import { logs } from "./en/logs.ts";
import { newAgent } from "./en/new-agent.ts";
import { orders } from "./en/orders.ts";
import { org } from "./en/org.ts";
import { overview } from "./en/overview.ts";
import { settings } from "./en/settings.ts";
import { keys, link, palette } from "./en/shell.ts";
import { skills } from "./en/skills.ts";
import { tasks } from "./en/tasks.ts";
import { tryIt } from "./en/try-it.ts";
import { usage } from "./en/usage.ts";
import { wallet } from "./en/wallet.ts";
import { webhooks } from "./en/webhooks.ts";

/** Every sentence of the dashboard's own, a file for each page: what a second language needs is a second folder of this shape. */
export const en = {
  ...everywhere,
  agentDetail,
  adminPages,
  agents,
  chains,
  keys,
  link,
  logs,
  newAgent,
  orders,
  org,
  overview,
  palette,
  settings,
  skills,
  tasks,
  tryIt,
  usage,
  wallet,
  webhooks,
} as const;
