import { GatewayError } from "@agentgate/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { isSignedOut } from "../../app/trouble.ts";

export type ToppedUp = Awaited<ReturnType<typeof gateway.topupOrg>>;

interface Attempt {
  dollars: number;
  key: string;
  /** Something may have come of the key already. */
  isRepeated: boolean;
}

interface TopUpEvents {
  /** It is about to be asked for, under this Idempotency-Key. */
  onBegun(dollars: number, key: string): void;
  /** What came of it is known: the money is there or on its way, or nothing was added. */
  onOver(isDone: boolean): void;
}

/** Statuses with which a request was refused that may be asked for again as it is. */
const PASSING = [408, 409, 429];

/** Whether this request has surely added nothing. A request that got no answer, or one of the 500s, may have. */
function isRefused(error: unknown): boolean {
  if (!GatewayError.isInstance(error) || error.status === undefined) return false;
  return error.status < 500 && !PASSING.includes(error.status);
}

/** Tops a wallet up, once for each Idempotency-Key, however often that is asked for. */
export function useTopUp(orgId: string, { onBegun, onOver }: TopUpEvents) {
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: ({ dollars, key }: Attempt) => gateway.topupOrg(orgId, dollars, { idempotencyKey: key }),
    retry: false,
    // A gateway that cannot be reached says so at once, also where the browser believes to be offline.
    networkMode: "always",
    onSuccess: () => {
      onOver(true);
      void queries.invalidateQueries({ queryKey: ["wallet", orgId] });
    },
    onError: (error, { isRepeated }) => {
      // Who has to sign in again may have asked before.
      if (isRefused(error) && !(isSignedOut(error) && isRepeated)) onOver(false);
    },
  });
  return {
    isPending: mutation.isPending,
    answer: mutation.data,
    error: mutation.error,
    begin(dollars: number, key?: string) {
      const attempt = { dollars, key: key ?? crypto.randomUUID(), isRepeated: key !== undefined };
      onBegun(dollars, attempt.key);
      mutation.mutate(attempt);
    },
  };
}
