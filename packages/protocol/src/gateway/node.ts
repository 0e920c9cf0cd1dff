/** A node of the gateway. */
export interface GatewayNode {
  /** Of this run of it. */
  id: string;
  name: string;
  version: string;
  started_at: string;
  last_seen_at: string;
  /** Seen within the last 35 seconds. */
  lives: boolean;
  /** It is the one that answered. */
  answers: boolean;
  load: {
    /** Processors that it uses. */
    cpu: number;
    memory_bytes: number;
  };
  /** What this node alone does now. */
  leases: string[];
}

/** A setting of the node that answered. */
export interface GatewaySetting {
  name: string;
  env: string;
  /** Secrets are masked; null when it is not set. */
  value: unknown;
  source: "environment" | "option" | "default";
  default: string;
  help: string;
}
