/** A delivery that a room makes and signs in its own way, such as an order's. */
export interface OutgoingDelivery {
  /** The name under which the room's `Sender` was added. */
  sender: string;
  /** Where it goes: judged by the dialer at each attempt. */
  url: string;
  /** What it is called in the list of deliveries. */
  event: string;
  /** Whose delivery it is: whose list shows it, and whose share it takes. */
  orgId: string | null;
  agentId: string | null;
  /** JSON. The same at each attempt. */
  body: string;
}

/** One attempt, for whoever makes its headers. */
export interface Attempted {
  /** The delivery's id, the same at each attempt. */
  id: string;
  url: string;
  event: string;
  orgId: string | null;
  agentId: string | null;
  body: string;
  /** When the delivery was written, microseconds since the epoch: the same at each attempt. */
  createdAt: bigint;
}

/** Makes the headers of a room's deliveries, signature and content type included. */
export interface Sender {
  headers(attempted: Attempted): Record<string, string> | Promise<Record<string, string>>;
}
