import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";

const said = en.orders;

/** One of the list, looked into: beside it where there is room, else above it. */
export const Detail = ({ title, children }: { title: string; children: ReactNode }) => (
  <aside aria-label={title} className="grid grid-cols-[minmax(0,1fr)] gap-6 border-ink-1 border-t pt-3">
    <div className="flex items-baseline justify-between gap-3">
      <h2 className="text-body">{title}</h2>
      <Link
        to="."
        className="button"
        search={({ order: _order, checkout: _checkout, ...rest }: PlainSearch) => rest}
        resetScroll={false}
      >
        {said.close}
      </Link>
    </div>
    {children}
  </aside>
);
