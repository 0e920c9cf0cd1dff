import { queryOptions } from "@tanstack/react-query";
import { read } from "./read.ts";

/** Who is signed in. */
export interface Session {
  kind: "admin" | "org";
  org_id: string | null;
  org_name: string | null;
  expires_at: string;
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => read<Session>("/session", {}, signal),
  staleTime: 60_000,
  retry: false,
});

/** To where one signs in, and from there back to this page. */
export function goSignIn(): void {
  const next = `${location.pathname}${location.search}`;
  location.assign(`/sign-in?next=${encodeURIComponent(next)}`);
}
