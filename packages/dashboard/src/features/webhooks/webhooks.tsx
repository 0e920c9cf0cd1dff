import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Page } from "../../ui/page.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Endpoints } from "./endpoints.tsx";
import { NewEndpoint } from "./new-endpoint.tsx";

const said = en.webhooks;

/** Who is told of what happens, and what was told. */
export function Webhooks() {
  const { tab } = useSearch({ strict: false }) as PlainSearch;
  const [isMaking, setMaking] = useState(false);
  const may = useMay();
  const current = tab === "deliveries" ? "deliveries" : "endpoints";
  return (
    <Page
      title={en.pages.webhooks}
      actions={
        may("webhooks:write") && (
          <button type="button" className="button button-primary" onClick={() => setMaking(true)}>
            {said.create}
          </button>
        )
      }
    >
      <Tabs
        label={said.tabs}
        tabs={[
          { id: "endpoints", label: said.endpoints },
          { id: "deliveries", label: said.deliveries },
        ]}
        current={current}
      />
      {!may("webhooks:read") ? (
        <NotAllowed what={en.pages.webhooks} scope="webhooks:read" />
      ) : current === "endpoints" ? (
        <Endpoints />
      ) : (
        <Deliveries />
      )}
      {isMaking && <NewEndpoint onClose={() => setMaking(false)} />}
    </Page>
  );
}
