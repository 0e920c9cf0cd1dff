import type { ApiKey } from "@agentgate/protocol";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { gateway } from "../../../app/api.ts";
import { en } from "../../../messages/en.ts";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { changesOf, draftOf, mistakesIn } from "./key-draft.ts";
import { KeyFields } from "./key-fields.tsx";

const said = en.settings;

interface ChangeKeyProps {
  orgId: string;
  apiKey: ApiKey;
  onChanged(): void;
  onCancel(): void;
}

/** Changes what a key may do and is bounded by: in force for calls under way as well, within a second. */
export function ChangeKey({ orgId, apiKey, onChanged, onCancel }: ChangeKeyProps) {
  const [draft, setDraft] = useState(() => draftOf(apiKey));
  const [isTried, setTried] = useState(false);
  const change = useMutation({
    mutationFn: () => gateway.keysOf(orgId).update(apiKey.id, changesOf(draft, apiKey)),
    onSuccess: onChanged,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesIn(draft)).length === 0) change.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-6" noValidate>
      <KeyFields
        draft={draft}
        onChange={(changes) => setDraft((now) => ({ ...now, ...changes }))}
        isTried={isTried}
        error={change.error}
      />
      <p className="text-ink-2">{said.changeTakes}</p>
      {change.isError && <TroubleBox error={change.error} />}
      <div className="flex flex-wrap gap-3">
        <button type="submit" className="button button-primary" disabled={change.isPending}>
          {en.save}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {en.cancel}
        </button>
      </div>
    </form>
  );
}
