import type { LogEntry } from "./log-entry.ts";

/** What can be listened to. */
export type EventTopic = "logs" | "stats" | "wallet" | "health" | "deliveries";

/** What happened, as `GET /events` tells it. */
export type GatewayEvent = {
  /** Of the last call that was told: where one goes on after a break. */
  id: string | undefined;
} & (
  | { type: "log"; data: LogEntry }
  /** Calls since the last such event. */
  | { type: "stats"; data: { ok: number; error: number } }
  | { type: "wallet"; data: { org_id: string; balance: number; held: number; available: number } }
  | { type: "health"; data: { agent_id: string; agent_name: string; status: "healthy" | "unhealthy" } }
  | {
      type: "delivery";
      data: {
        id: string;
        org_id: string | null;
        agent_id: string | null;
        endpoint_id: string | null;
        event: string;
        status: "pending" | "delivered" | "failed";
        /** Attempts since it was last put in the queue. */
        failures: number;
        created_at: string;
      };
    }
  /** So many were not told; null when nobody knows how many. */
  | { type: "gap"; data: { missed: number | null } }
  /** What happens from here on is told. */
  | { type: "ready"; data: Record<string, never> }
);
