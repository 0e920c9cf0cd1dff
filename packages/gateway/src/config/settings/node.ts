import { hostname } from "node:os";
import { z } from "zod";
import { setting } from "../setting.ts";
import { choice, integer } from "../values.ts";

/** How one node runs: its stop, its clock, its log. */
export const node = {
  drainSeconds: setting(
    "AGENTGATE_DRAIN_SECONDS",
    "30",
    "How long a stopping gateway waits for the calls in flight.",
    integer(0, 600, 30),
  ),
  clockToleranceSeconds: setting(
    "AGENTGATE_CLOCK_TOLERANCE_SECONDS",
    "30",
    "By how much this node's clock may differ from the database's, jump while it runs, or be behind the ledger's last date; beyond it the node is not ready.",
    integer(1, 86_400, 30),
  ),
  ledgerDatesUntil: setting(
    "AGENTGATE_LEDGER_DATES_UNTIL",
    "none",
    "Accepts that the ledger has dates up to then, such as 2036-01-01T00:00:00Z, from a time when a clock was wrong: a node with the right time is ready again.",
    z.iso
      .datetime({ offset: true, error: "must be a time such as 2036-01-01T00:00:00Z" })
      .transform((text) => Date.parse(text))
      .optional(),
  ),
  nodeName: setting(
    "AGENTGATE_NODE_NAME",
    "the machine's name",
    "What this node is called in the lines of its log.",
    z.string().trim().min(1).max(64, "must have at most 64 characters").default(hostname().slice(0, 64)),
  ),
  logLevel: setting(
    "AGENTGATE_LOG_LEVEL",
    "info",
    "debug, info, warn, error or silent; JSON lines on standard error.",
    choice(["debug", "info", "warn", "error", "silent"], "info"),
  ),
};
