import { useMutation, useQueryClient } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { useOrg } from "../../app/org-page.tsx";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { ThresholdForm } from "../../ui/threshold-form.tsx";

const said = en.wallet;

/** Below which balance somebody is told. */
export function LowBalance({ orgId }: { orgId: string }) {
  const org = useOrg(orgId);
  const may = useMay();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (walletLowThreshold: number) => gateway.updateOrg(orgId, { walletLowThreshold }),
    onSuccess: (changed) => queries.setQueryData(["org", orgId], changed),
  });
  if (!may("orgs:write")) return <NotAllowed what={said.low} scope="orgs:write" />;
  return (
    <Loaded query={org} rows={2}>
      {({ wallet_low_threshold }) => (
        <ThresholdForm
          label={said.dollars}
          hint={said.lowHint}
          field="wallet_low_threshold"
          value={wallet_low_threshold ?? null}
          save={save}
        />
      )}
    </Loaded>
  );
}
