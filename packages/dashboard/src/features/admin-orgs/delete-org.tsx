import type { Org } from "@agentgate/client";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatMoney, visibleText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { Loading } from "../../ui/loading.tsx";
import { walletQuery } from "./admin-orgs-api.ts";

const said = enAdmin.adminOrgs;
const told = (dollars: number) => formatMoney(microDollarsFromNumber(dollars));

/** Ends an organization; says which money is written off, and asks for the name. */
export function DeleteOrg({ org, onClose }: { org: Org; onClose(): void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // As it is now, not as it was when the page was opened.
  const wallet = useQuery({ ...walletQuery(org.id), staleTime: 0 });
  const isEmpty = wallet.data?.balance === 0 && wallet.data.held === 0;
  const remove = useMutation({
    mutationFn: () => gateway.deleteOrg(org.id, { force: !isEmpty }),
    onSuccess: async () => {
      await navigate({ to: "/admin/orgs" });
      await queries.invalidateQueries({ queryKey: ["admin", "orgs", "list"] });
    },
  });
  return (
    <ConfirmDialog
      title={said.delete}
      isOpen
      onClose={onClose}
      action={isEmpty ? said.delete : said.deleteAndWriteOff}
      name={visibleText(org.name)}
      onConfirm={() => remove.mutate()}
      isBusy={remove.isPending || !wallet.data}
      error={remove.error ?? wallet.error}
    >
      {wallet.data ? (
        <ul className="list-disc pl-5">
          <li className={isEmpty ? "" : "font-strong text-fail"}>
            {isEmpty ? said.nothingWrittenOff : said.writtenOff(told(wallet.data.balance), told(wallet.data.held))}
          </li>
          <li>{said.keysEnd}</li>
          <li>{said.agentsStay(wallet.data.agent_count)}</li>
          <li>{said.booksStay}</li>
        </ul>
      ) : (
        <Loading rows={3} />
      )}
    </ConfirmDialog>
  );
}
