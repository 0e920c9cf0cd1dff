import type { OrderDetails, OrderRun } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { CallId } from "../../ui/call-id.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { State } from "../../ui/state.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { Detail } from "./detail.tsx";
import { Lines } from "./lines.tsx";
import { OrderState } from "./order-list.tsx";
import { orderQuery } from "./orders-api.ts";

const said = en.orders;
const TEXT_MAX = 200;
const whyNot = ({ error }: OrderRun) => error && shortText(error.content, TEXT_MAX);
const SHAPES = { waiting: "running", done: "ok", failed: "failed" } as const;

export function OrderDetail({ orgId, id }: { orgId: string; id: string }) {
  const order = useQuery(orderQuery(orgId, id));
  return (
    <Detail title={said.order}>
      <Loaded query={order} rows={8}>
        {(data) => <Known orgId={orgId} order={data} />}
      </Loaded>
    </Detail>
  );
}

function Known({ orgId, order }: { orgId: string; order: OrderDetails }) {
  return (
    <>
      <dl className="facts">
        <dt>{said.state}</dt>
        <dd>
          <OrderState state={order.state} />
        </dd>
        <dt>{said.id}</dt>
        <dd>
          <code>{order.id}</code>
        </dd>
        <dt>{said.ofCheckout}</dt>
        <dd>
          <Link to="." search={({ org }: PlainSearch) => ({ org, tab: "checkouts", checkout: order.checkout_id })}>
            <code>{order.checkout_id.slice(0, 8)}</code>
          </Link>
        </dd>
        <dt>{said.made}</dt>
        <dd>
          <Age at={order.created_at} />
        </dd>
        <dt>{said.total}</dt>
        <dd>
          <Money dollars={order.total} />
        </dd>
        <dt>{said.charged}</dt>
        <dd className="font-strong">
          <Money dollars={order.charged} />
        </dd>
        {order.not_charged > 0 && (
          <>
            <dt>{said.notCharged}</dt>
            <dd>
              <Money dollars={order.not_charged} /> <span className="text-ink-2">{said.notChargedWhy}</span>
            </dd>
          </>
        )}
      </dl>
      <Lines lines={order.lines} />
      <DataTable
        caption={said.taskList}
        rows={order.runs}
        keyOf={({ position }) => `${position}`}
        columns={[
          { id: "task", head: said.task, isName: true, cell: ({ position }) => `${said.task} ${position + 1}` },
          {
            id: "state",
            head: said.state,
            cell: ({ state }) => <State is={SHAPES[state]} word={said.taskStates[state]} />,
          },
          { id: "finished", head: said.finished, cell: ({ finished_at }) => finished_at && <Age at={finished_at} /> },
          {
            id: "call",
            head: said.payment,
            cell: ({ call_id }) =>
              call_id && (
                <Link to="/dashboard/logs" search={({ org }: PlainSearch) => ({ org, log: call_id })}>
                  <CallId id={call_id} />
                </Link>
              ),
          },
          ...(order.runs.some(({ error }) => error) ? [{ id: "problem", head: said.problem, cell: whyNot }] : []),
        ]}
      />
      <ByCurl path={`/orgs/${orgId}/orders/${order.id}`} />
    </>
  );
}
