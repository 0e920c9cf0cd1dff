import { infiniteQueryOptions, type QueryKey } from "@tanstack/react-query";
import { send } from "./read.ts";

/** A page of a list that is an array, and says by its `Link` header where it goes on. */
export interface LinkedRows<T> {
  rows: T[];
  /** Where the next page is: a path with its query. */
  next: string | undefined;
}

/** @param path with its query. @throws ReadError */
export async function readLinkedRows<T>(path: string, signal?: AbortSignal): Promise<LinkedRows<T>> {
  const response = await send(new URL(path, location.origin), {
    ...(signal && { signal }),
    headers: { accept: "application/json" },
  });
  const [, next] = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "") ?? [];
  return { rows: (await response.json()) as T[], next };
}

/** Such a list, page by page as it is asked for. */
export const linkedRowsQuery = <T>(queryKey: QueryKey, path: string) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => readLinkedRows<T>(pageParam, signal),
    initialPageParam: path,
    getNextPageParam: ({ next }) => next,
  });
