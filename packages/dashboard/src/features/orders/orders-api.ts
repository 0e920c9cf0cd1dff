import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";

const PAGE = 50;
/** Orders go on while one looks. */
const EVERY_MS = 10_000;

export const ordersQuery = (orgId: string) =>
  infiniteQueryOptions({
    queryKey: ["orders", orgId],
    queryFn: ({ pageParam, signal }) => gateway.listOrgOrders(orgId, { before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: EVERY_MS,
  });

export const checkoutsQuery = (orgId: string) =>
  infiniteQueryOptions({
    queryKey: ["checkouts", orgId],
    queryFn: ({ pageParam, signal }) => gateway.listOrgCheckouts(orgId, { before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const orderQuery = (orgId: string, id: string) =>
  queryOptions({
    queryKey: ["orders", orgId, id],
    queryFn: ({ signal }) => gateway.getOrgOrder(orgId, id, { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "working" ? EVERY_MS : false),
  });

export const checkoutQuery = (orgId: string, id: string) =>
  queryOptions({
    queryKey: ["checkouts", orgId, id],
    queryFn: ({ signal }) => gateway.getOrgCheckout(orgId, id, { signal }),
  });
