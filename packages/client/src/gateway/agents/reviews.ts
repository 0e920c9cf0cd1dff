import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";
import type { PageOptions } from "./directory.ts";

export interface ReviewFields {
  /** 1 to 5. */
  rating: number;
  comment?: string | undefined;
  /** A name to show; `anonymous` by default. */
  reviewer?: string | undefined;
}

/** What callers think of agents. */
export abstract class ReviewCalls extends GatewayRoom {
  /** Reviews an agent; a caller's second review replaces the first. */
  reviewAgent(id: string, review: ReviewFields, call?: CallOptions): Promise<wire.Review> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/reviews`, body: review, ...call });
  }

  listReviews(id: string, options?: PageOptions): Promise<wire.Review[]> {
    return this.http.list({ path: at`/agents/${id}/reviews`, ...asked(options) });
  }

  /** All of them, each as it is taken. */
  reviews(id: string, call?: CallOptions): AsyncGenerator<wire.Review, void> {
    return this.http.each({ path: at`/agents/${id}/reviews`, query: { limit: 200, offset: 0 }, ...call });
  }

  getReviewStats(id: string, call?: CallOptions): Promise<wire.ReviewStats> {
    return this.http.json({ path: at`/agents/${id}/reviews/stats`, ...call });
  }
}
