import { formatCount, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../messages/en.ts";
import { Loading } from "../../ui/loading.tsx";
import { Section } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Money } from "../../ui/values.tsx";
import { type Span, topQuery } from "./stats.ts";

interface TopListProps {
  title: string;
  by: "agent" | "error" | "payer";
  sort: "calls" | "errors";
  span: Span;
  orgId: string | undefined;
  empty: string;
}

const NAME_MAX = 48;

export function TopList({ title, by, sort, span, orgId, empty }: TopListProps) {
  const top = useQuery(topQuery(by, sort, span, orgId));
  const entries = top.data?.entries.filter(({ error }) => sort !== "errors" || error > 0) ?? [];
  return (
    <Section title={title}>
      {top.isPending ? (
        <Loading rows={5} />
      ) : top.isError ? (
        <TroubleBox error={top.error} onRetry={() => void top.refetch()} />
      ) : entries.length === 0 ? (
        <p className="text-ink-2">{empty}</p>
      ) : (
        <table className="table">
          <caption className="spoken">{title}</caption>
          <tbody>
            {entries.map(({ key, name, ok, error, spent }) => (
              <tr key={key}>
                <th scope="row" title={key}>
                  {shortText(name ?? key, NAME_MAX)}
                </th>
                <td className="text-right">{formatCount(ok + error)}</td>
                <td className={`text-right ${error > 0 ? "text-fail" : "text-ink-3"}`}>
                  {formatCount(error)} {en.states.failed.toLowerCase()}
                </td>
                <td className="text-right">
                  <Money dollars={spent} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
