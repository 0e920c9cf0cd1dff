import type { ApiKey } from "@agentgate/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import type { ChosenOrg } from "../../../app/org-page.tsx";
import { goSignIn } from "../../../app/session.ts";
import { useMay } from "../../../app/use-may.ts";
import { en } from "../../../messages/en.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { Age } from "../../../ui/values.tsx";
import { refreshKeys } from "./keys-api.ts";
import type { TextOfKey } from "./shown-key.tsx";

const said = en.settings;

interface OwnKeyProps {
  org: ChosenOrg;
  /** The key, and the one that waits to take its place. */
  own: readonly ApiKey[];
  onMinted(key: TextOfKey): void;
}

/** The key that may do everything: minted anew in two steps, with both in force between them. */
export function OwnKey({ org, own, onMinted }: OwnKeyProps) {
  const queries = useQueryClient();
  const may = useMay();
  const [asked, setAsked] = useState<"rotate" | "confirm">();
  const primary = own.find(({ role }) => role === "primary");
  const waiting = own.find(({ role }) => role === "secondary");
  // Who shows the old key is signed out with it.
  const mine = useQuery({
    queryKey: ["keys", org.id, "mine"],
    queryFn: ({ signal }) => gateway.getMyOrg({ signal }),
    enabled: !org.isAdmin && waiting !== undefined,
  });
  const isWithOld = mine.data?.pending_rotation?.this_key === "old";
  const rotate = useMutation({
    mutationFn: () => gateway.rotateKey(org.id),
    onSuccess: ({ new_api_key }) => {
      onMinted({ name: said.ownKey, text: new_api_key });
      setAsked(undefined);
      void refreshKeys(queries, org.id);
    },
  });
  const confirm = useMutation({
    mutationFn: () => gateway.confirmRotation(org.id),
    onSuccess: () => {
      if (isWithOld) return goSignIn();
      setAsked(undefined);
      void refreshKeys(queries, org.id);
    },
  });
  const close = () => {
    setAsked(undefined);
    rotate.reset();
    confirm.reset();
  };
  const used = (key: ApiKey | undefined, sentence: string, unused: string) =>
    key && (
      <p>
        {key.last_used_at ? (
          <>
            {sentence} <Age at={key.last_used_at} />.
          </>
        ) : (
          unused
        )}
      </p>
    );
  return (
    <div className="flex flex-col gap-3">
      <p className="max-w-xl text-ink-2">{said.ownKeyWhy}</p>
      {waiting ? (
        <>
          <p>{said.waiting}</p>
          {used(primary, said.oldUsed, said.oldUnused)}
          {used(waiting, said.newUsed, said.newUnused)}
        </>
      ) : (
        used(primary, said.wasUsed, said.wasNeverUsed)
      )}
      {may("keys:rotate_own") ? (
        <div className="flex flex-wrap gap-3">
          {waiting && (
            <button type="button" className="button button-primary" onClick={() => setAsked("confirm")}>
              {said.confirm}
            </button>
          )}
          <button type="button" className="button" onClick={() => setAsked("rotate")}>
            {said.rotateOwn}
          </button>
        </div>
      ) : (
        <p className="text-ink-2">{said.ownMay}</p>
      )}
      <ConfirmDialog
        title={said.ownKey}
        isOpen={asked === "rotate"}
        onClose={close}
        action={said.rotateOwn}
        onConfirm={() => rotate.mutate()}
        isBusy={rotate.isPending}
        error={rotate.error}
      >
        <p>{waiting ? said.rotateOwnPending : said.rotateOwnAsk}</p>
      </ConfirmDialog>
      <ConfirmDialog
        title={said.confirm}
        isOpen={asked === "confirm"}
        onClose={close}
        action={said.confirm}
        onConfirm={() => confirm.mutate()}
        isBusy={confirm.isPending}
        error={confirm.error}
      >
        <div className="flex flex-col gap-2">
          <p>{said.confirmAsk}</p>
          {used(primary, said.oldUsed, said.oldUnused)}
          {waiting && !waiting.last_used_at ? (
            <p className="text-warn">{said.newUnused}</p>
          ) : (
            used(waiting, said.newUsed, said.newUnused)
          )}
          {isWithOld && <p className="text-warn">{said.confirmSignsOut}</p>}
        </div>
      </ConfirmDialog>
    </div>
  );
}
