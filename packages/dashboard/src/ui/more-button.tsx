import { en } from "../messages/en.ts";

/** What an endless query is, as far as its next page goes. */
interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

/** The next page of a list, when there is one. */
export function MoreButton({ of: query, label = en.more }: { of: Paged; label?: string }) {
  if (!query.hasNextPage) return null;
  return (
    <button
      type="button"
      className="button mt-4"
      disabled={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
    >
      {label}
    </button>
  );
}
