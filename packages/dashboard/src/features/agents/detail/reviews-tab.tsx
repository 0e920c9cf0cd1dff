import type { Agent, ReviewStats } from "@agentgate/client";
import { formatCount, shortText, visibleText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { gateway } from "../../../app/api.ts";
import { en } from "../../../messages/en.ts";
import { Empty } from "../../../ui/empty.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { MoreButton } from "../../../ui/more-button.tsx";
import { Age } from "../../../ui/values.tsx";

const PAGE = 50;
const COMMENT_MAX = 4_000;
const said = en.agentDetail;
const RATINGS = ["5", "4", "3", "2", "1"] as const;

const asCommand = (id: string) => `curl -s ${location.origin}/agents/${id}/reviews \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"rating":5,"comment":"Answers well"}'`;

/** What callers think of it, in their words. */
export function ReviewsTab({ agent: { id } }: { agent: Agent }) {
  const stats = useQuery({
    queryKey: ["agents", "one", id, "review stats"],
    queryFn: ({ signal }) => gateway.getReviewStats(id, { signal }),
  });
  const reviews = useInfiniteQuery({
    queryKey: ["agents", "one", id, "reviews"],
    queryFn: ({ pageParam, signal }) => gateway.listReviews(id, { limit: PAGE, offset: pageParam, signal }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.length === PAGE ? pages.length * PAGE : undefined),
  });
  const rows = reviews.data?.pages.flat() ?? [];
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
      <Loaded query={stats} rows={5}>
        {(known) => known.review_count > 0 && <Distribution stats={known} />}
      </Loaded>
      <Loaded query={reviews} rows={6}>
        {() =>
          rows.length === 0 ? (
            <Empty command={asCommand(id)}>{said.noReviews}</Empty>
          ) : (
            <>
              <ul aria-label={said.tabs.reviews}>
                {rows.map((review) => (
                  <li key={review.id} className="grid gap-1 border-line border-b py-3">
                    <p className="flex flex-wrap gap-x-4 text-ink-2">
                      <span className="font-strong text-ink-1">{said.ofFive(review.rating)}</span>
                      <span>{shortText(review.reviewer, 60)}</span>
                      <Age at={review.created_at} />
                    </p>
                    <p className="max-w-prose whitespace-pre-line">
                      {visibleText(review.comment.slice(0, COMMENT_MAX))}
                    </p>
                  </li>
                ))}
              </ul>
              <MoreButton of={reviews} />
            </>
          )
        }
      </Loaded>
    </div>
  );
}

function Distribution({ stats: { review_count, avg_rating, distribution } }: { stats: ReviewStats }) {
  return (
    <div className="grid max-w-md gap-3">
      <p>
        <span className="font-strong text-title">{avg_rating?.toFixed(2)}</span> {said.ofReviews(review_count)}
      </p>
      <table className="table">
        <caption className="spoken">{said.tabs.reviews}</caption>
        <tbody>
          {RATINGS.map((rating) => (
            <tr key={rating}>
              <th scope="row" className="w-16">
                {said.ofFive(Number(rating))}
              </th>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" className="h-2 w-full">
                  <rect y="1" height="6" width={(distribution[rating] / review_count) * 100} fill="var(--ink-2)" />
                </svg>
              </td>
              <td className="w-12 text-right">{formatCount(distribution[rating])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
