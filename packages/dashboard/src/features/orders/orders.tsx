import { useSearch } from "@tanstack/react-router";
import { OrgPage } from "../../app/org-page.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { CheckoutDetail } from "./checkout-detail.tsx";
import { Checkouts } from "./checkouts.tsx";
import { OrderDetail } from "./order-detail.tsx";
import { OrderList } from "./order-list.tsx";

const said = en.orders;
const tabs = (["orders", "checkouts"] as const).map((id) => ({ id, label: said.tabs[id] }));

/** What an organization has bought by checkouts, and what it may still buy. Which one is looked into stands in the address. */
export const OrdersPage = () => <OrgPage title={en.pages.orders}>{({ id }) => <Orders key={id} orgId={id} />}</OrgPage>;

function Orders({ orgId }: { orgId: string }) {
  const { tab, order, checkout } = useSearch({ strict: false }) as PlainSearch;
  const may = useMay();
  if (!may("checkouts:use")) return <NotAllowed what={en.pages.orders} scope="checkouts:use" />;
  const isOfCheckouts = tab === "checkouts";
  const open = isOfCheckouts ? checkout : order;
  return (
    <>
      <Tabs label={said.parts} tabs={tabs} current={isOfCheckouts ? "checkouts" : "orders"} />
      <div className={`grid grid-cols-[minmax(0,1fr)] gap-8 ${open ? "full:grid-cols-[minmax(0,1fr)_30rem]" : ""}`}>
        {open && (
          <div className="min-w-0 full:order-last">
            {isOfCheckouts ? <CheckoutDetail orgId={orgId} id={open} /> : <OrderDetail orgId={orgId} id={open} />}
          </div>
        )}
        <div className="min-w-0">
          {isOfCheckouts ? <Checkouts orgId={orgId} selected={open} /> : <OrderList orgId={orgId} selected={open} />}
        </div>
      </div>
    </>
  );
}
