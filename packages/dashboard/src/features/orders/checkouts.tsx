import type { ListedCheckout } from "@agentgate/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { checkoutsQuery } from "./orders-api.ts";
import { PurchaseList } from "./purchase-list.tsx";

const said = en.orders;
const SHAPES = {
  open: "unknown",
  expired: "unknown",
  completing: "running",
  completed: "ok",
  canceled: "unknown",
} as const;

export const CheckoutState = ({ state }: Pick<ListedCheckout, "state">) => (
  <State is={SHAPES[state]} word={said.checkoutStates[state]} />
);

export const Checkouts = ({ orgId, selected }: { orgId: string; selected: string | undefined }) => (
  <PurchaseList<ListedCheckout>
    query={useInfiniteQuery(checkoutsQuery(orgId))}
    caption={said.checkouts}
    none={said.noCheckouts}
    path={`/orgs/${orgId}/checkouts`}
    parameter="checkout"
    selected={selected}
    columns={[
      { id: "state", head: said.state, cell: ({ state }) => <CheckoutState state={state} /> },
      { id: "made", head: said.made, cell: ({ created_at }) => <Age at={created_at} /> },
      {
        id: "expires",
        head: said.expires,
        cell: ({ state, expires_at }) => state === "open" && <Age at={expires_at} />,
      },
      { id: "total", head: said.total, isNumber: true, cell: ({ total }) => <Money dollars={total} /> },
    ]}
  />
);
