import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../app/plain-search.ts";

interface NoHitProps {
  /** That nothing is like what the filters ask for. */
  children: string;
  clear: string;
  /** The address's parameters that are filters. */
  filters: readonly string[];
}

/** A list of which its filters leave nothing, with a way to all of it. */
export const NoHit = ({ children, clear, filters }: NoHitProps) => (
  <p className="text-ink-2">
    {children}{" "}
    <Link
      to="."
      search={(now: PlainSearch) => Object.fromEntries(Object.entries(now).filter(([name]) => !filters.includes(name)))}
    >
      {clear}
    </Link>
  </p>
);
