import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { failingQuery } from "./failing.ts";
import { FailingTable } from "./failing-table.tsx";
import type { Asked } from "./stats.ts";

const said = en.overview;

interface FailuresProps {
  title: string;
  asked: Asked;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
  /** The agent's name, with what leads to it. */
  agent(id: string, name: string): ReactNode;
}

/** What fails most, with a way to all that failed. */
export function Failures({ title, asked, calls, agent }: FailuresProps) {
  const failing = useQuery(failingQuery(asked));
  const all = (
    <Link to="/dashboard/logs" search={{ ...calls, status: "error" }}>
      {said.toFailures}
    </Link>
  );
  return (
    <Section title={title} aside={all}>
      <Loaded query={failing} rows={5}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="text-ink-2">{said.noFailures}</p>
          ) : (
            <FailingTable caption={title} rows={rows} calls={calls} agent={agent} />
          )
        }
      </Loaded>
    </Section>
  );
}
