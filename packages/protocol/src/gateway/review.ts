/** What a caller thought of an agent (contract section 2). */
export interface Review {
  id: string;
  agent_id: string;
  /** 1 to 5. */
  rating: number;
  comment: string;
  reviewer: string;
  created_at: string;
}

export interface ReviewStats {
  agent_id: string;
  agent_name: string;
  review_count: number;
  avg_rating: number | null;
  /** How many reviews gave each rating. */
  distribution: Record<"5" | "4" | "3" | "2" | "1", number>;
}
