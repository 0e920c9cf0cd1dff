import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../app/plain-search.ts";

interface TabsProps {
  label: string;
  /** The first is what is shown when the address names none. */
  tabs: readonly { id: string; label: string }[];
  current: string;
}

/** Parts of a page; which one is shown stands in the address. */
export function Tabs({ label, tabs, current }: TabsProps) {
  return (
    <nav aria-label={label} className="mb-6 border-line border-b">
      <ul className="flex flex-wrap gap-x-6">
        {tabs.map(({ id, label: text }, index) => (
          <li key={id}>
            <Link
              to="."
              search={({ tab: _tab, ...rest }: PlainSearch) => ({ ...rest, ...(index > 0 && { tab: id }) })}
              className="tab"
              activeOptions={{ exact: true, includeSearch: true }}
              aria-current={id === current ? "page" : undefined}
            >
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
