import { z } from "zod";
import { setting } from "../setting.ts";
import { choice, flag, integer } from "../values.ts";

/** What agents may take, and what is asked of them. */
export const agents = {
  taskTimeoutMs: setting(
    "AGENTGATE_TASK_TIMEOUT_MS",
    "29000",
    "How long an agent may take to answer a task, unless it has a timeout of its own.",
    integer(1, 600_000, 29_000),
  ),
  settleMarginMs: setting(
    "AGENTGATE_SETTLE_MARGIN_MS",
    "30000",
    "How long after a call's time is up money stays put aside, should the gateway die before it could settle or release it.",
    integer(100, 3_600_000, 30_000),
  ),
  streamTimeoutMs: setting(
    "AGENTGATE_STREAM_TIMEOUT_MS",
    "3600000",
    "How long an A2A stream, or a task that goes on after its answer, may take.",
    integer(1000, 86_400_000, 3_600_000),
  ),
  rootAgent: setting(
    "AGENTGATE_ROOT_AGENT",
    "none",
    "Id of the agent whose A2A card and interfaces also stand at the root of this host.",
    z.uuid({ error: "must be the id of an agent" }).optional(),
  ),
  cardFormat: setting(
    "AGENTGATE_CARD_FORMAT",
    "hybrid",
    "Agent card for clients that name no A2A version: hybrid serves 1.0 and 0.3 in one document, 1.0 is strict and not for 0.3's clients.",
    choice(["hybrid", "1.0"], "hybrid"),
  ),
  approval: setting(
    "AGENTGATE_APPROVAL",
    "off",
    "What of agents waits until the admin approves it: off, new (agents that organizations register) or changes (these, and what organizations change of them); see docs/approval.md.",
    choice(["off", "new", "changes"], "off"),
  ),
  anonymousReviews: setting(
    "AGENTGATE_ANONYMOUS_REVIEWS",
    "0",
    "Lets callers without a key review agents, once per address and agent.",
    flag(false),
  ),
  healthIntervalSeconds: setting(
    "AGENTGATE_HEALTH_INTERVAL_SECONDS",
    "60",
    "How often each agent's health is checked.",
    integer(1, 86_400, 60),
  ),
};
