import { useQuery } from "@tanstack/react-query";
import type { PlainSearch } from "../../app/plain-search.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { type Asked, topQuery } from "./stats.ts";
import { TopTable } from "./top-table.tsx";

interface TopListProps {
  title: string;
  by: "agent" | "payer";
  asked: Asked;
  /** How many of them. */
  limit?: number;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
  /** With what their owners got of it. */
  hasEarned?: boolean;
}

/** Those with most calls. */
export function TopList({ title, by, asked, limit, calls, hasEarned = false }: TopListProps) {
  const top = useQuery(topQuery(by, asked, limit));
  return (
    <Section title={title}>
      <Loaded query={top} rows={5}>
        {({ entries }) => <TopTable caption={title} by={by} entries={entries} calls={calls} hasEarned={hasEarned} />}
      </Loaded>
    </Section>
  );
}
