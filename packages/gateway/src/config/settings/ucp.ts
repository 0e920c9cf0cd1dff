import { setting } from "../setting.ts";
import { choice, integer } from "../values.ts";

/** Selling tasks through the Universal Commerce Protocol. */
export const ucp = {
  ucpSessionMinutes: setting(
    "AGENTGATE_UCP_SESSION_MINUTES",
    "360",
    "How long a UCP checkout can be completed, at the prices that it was made with.",
    integer(1, 43_200, 360),
  ),
  ucpWaitSeconds: setting(
    "AGENTGATE_UCP_WAIT_SECONDS",
    "25",
    "How long the completion of a UCP checkout waits for its tasks; then its order says what comes of them.",
    integer(1, 600, 25),
  ),
  ucpRetentionDays: setting(
    "AGENTGATE_UCP_RETENTION_DAYS",
    "30",
    "How long UCP orders are kept, with what their agents answered.",
    integer(1, 3_650, 30),
  ),
  ucpNegotiation: setting(
    "AGENTGATE_UCP_NEGOTIATION",
    "lenient",
    "lenient serves UCP platforms that do not say who they are, or whose profile lacks a capability; enforce refuses them.",
    choice(["lenient", "enforce"], "lenient"),
  ),
  ucpSignatures: setting(
    "AGENTGATE_UCP_SIGNATURES",
    "optional",
    "Whether UCP requests have to be signed (RFC 9421): optional verifies the signatures that there are; or required.",
    choice(["optional", "required"], "optional"),
  ),
};
