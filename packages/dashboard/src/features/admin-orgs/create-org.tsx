import type { CreatedOrg } from "@agentgate/client";
import { type Tier, tiers } from "@agentgate/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { gateway } from "../../app/api.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Command } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, findingOf } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { TierFacts } from "./tier-facts.tsx";

const NAME_MAX = 255;
const said = enAdmin.adminOrgs;

/** Makes an organization, and shows its key: this once. */
export function CreateOrg({ onClose }: { onClose(): void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [tier, setTier] = useState<Tier>("free");
  const create = useMutation({
    mutationFn: () => gateway.createOrg(name, { tier }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin", "orgs", "list"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  if (create.data) return <Created org={create.data} onClose={onClose} />;
  const finding = findingOf(create.error, "name");
  return (
    <Dialog title={said.create} isOpen onClose={onClose}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={said.name} hint={said.nameHint} error={finding}>
          <input
            className="field"
            value={name}
            onChange={({ target }) => setName(target.value)}
            required
            maxLength={NAME_MAX}
            autoComplete="off"
            spellCheck={false}
          />
        </Field>
        <Field label={said.tier}>
          <select className="field" value={tier} onChange={({ target }) => setTier(target.value as Tier)}>
            {tiers.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
        <TierFacts tier={tier} />
        {create.error && !finding && <TroubleBox error={create.error} />}
        <button type="submit" className="button button-primary self-start" disabled={create.isPending}>
          {said.create}
        </button>
      </form>
    </Dialog>
  );
}

/** Closing it is the last one sees of the key. */
function Created({ org, onClose }: { org: CreatedOrg; onClose(): void }) {
  return (
    <Dialog title={said.createdTitle} isOpen onClose={onClose}>
      <p>{said.created1(org.name)}</p>
      {org.api_key && <Command>{org.api_key}</Command>}
      <p className="text-ink-2">{said.keyOnce}</p>
      <p>
        <Link to="/admin/orgs/$id" params={{ id: org.id }}>
          {said.open}
        </Link>
      </p>
    </Dialog>
  );
}
