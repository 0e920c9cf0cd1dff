import type { ListedOrder } from "@agentgate/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { ordersQuery } from "./orders-api.ts";
import { PurchaseList } from "./purchase-list.tsx";

const said = en.orders;
const SHAPES = { working: "running", fulfilled: "ok", partial: "slow", failed: "failed" } as const;

export const OrderState = ({ state }: Pick<ListedOrder, "state">) => (
  <State is={SHAPES[state]} word={said.orderStates[state]} />
);

export const OrderList = ({ orgId, selected }: { orgId: string; selected: string | undefined }) => (
  <PurchaseList<ListedOrder>
    query={useInfiniteQuery(ordersQuery(orgId))}
    caption={said.orders}
    none={said.noOrders}
    path={`/orgs/${orgId}/orders`}
    parameter="order"
    selected={selected}
    columns={[
      { id: "state", head: said.state, cell: ({ state }) => <OrderState state={state} /> },
      {
        id: "tasks",
        head: said.tasks,
        cell: ({ tasks: { waiting, done, failed } }) => said.tasksOf(done, waiting + done + failed),
      },
      { id: "made", head: said.made, cell: ({ created_at }) => <Age at={created_at} /> },
      {
        id: "total",
        head: said.total,
        isNumber: true,
        isWideOnly: true,
        cell: ({ total }) => <Money dollars={total} />,
      },
      { id: "charged", head: said.charged, isNumber: true, cell: ({ charged }) => <Money dollars={charged} /> },
    ]}
  />
);
