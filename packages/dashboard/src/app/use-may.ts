import { useQuery } from "@tanstack/react-query";
import { gateway } from "./api.ts";

const ALL = "*";

/** The key that this browser is signed in with. */
export const useMe = () =>
  useQuery({ queryKey: ["me"], queryFn: ({ signal }) => gateway.me({ signal }), staleTime: 60_000 });

/** What this key may do. Until that is known everything is offered: the gateway decides anyway. */
export function useMay(): (scope: string) => boolean {
  const { data } = useMe();
  return (scope) => !data?.key || data.key.scopes.includes(ALL) || data.scopes.includes(scope);
}
