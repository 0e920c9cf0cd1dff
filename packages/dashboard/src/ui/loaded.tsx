import type { ReactNode } from "react";
import { Loading } from "./loading.tsx";
import { TroubleBox } from "./trouble-box.tsx";

/** What a query is, as far as its loading goes. */
interface Query<T> {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: T | undefined;
  refetch(): unknown;
}

/** What a query has found; until then its geometry, and instead of it what went wrong. */
export function Loaded<T>({
  query,
  rows = 6,
  children,
}: {
  query: Query<T>;
  /** Lines that will stand there, more or less. */
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <TroubleBox error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}
