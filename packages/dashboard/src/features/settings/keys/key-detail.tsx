import type { ApiKey } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { gateway } from "../../../app/api.ts";
import { goSignIn } from "../../../app/session.ts";
import { useMay, useMe } from "../../../app/use-may.ts";
import { en } from "../../../messages/en.ts";
import { ConfirmDialog } from "../../../ui/confirm-dialog.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { NotAllowed } from "../../../ui/not-allowed.tsx";
import { Age, Money } from "../../../ui/values.tsx";
import { AgentName } from "./agent-name.tsx";
import { ChangeKey } from "./change-key.tsx";
import { Budgets, KeyStateOf } from "./key-table.tsx";
import { refreshKeys, tailOf } from "./keys-api.ts";
import type { TextOfKey } from "./shown-key.tsx";

const said = en.settings;
const NAME_MAX = 60;
const HOUR = "3600";

interface KeyDetailProps {
  orgId: string;
  apiKey: ApiKey;
  onClose(): void;
  onMinted(key: TextOfKey): void;
}

type Deed = "change" | "rotate" | "disable" | "remove";

/** What a key may do and what bounds it; it can be minted anew, kept from use, and ended. */
export function KeyDetail({ orgId, apiKey, onClose, onMinted }: KeyDetailProps) {
  const queries = useQueryClient();
  const may = useMay();
  const me = useMe();
  const [asked, setAsked] = useState<Deed>();
  const [grace, setGrace] = useState(HOUR);
  const keys = gateway.keysOf(orgId);
  const isThis = me.data?.key?.id === apiKey.id;
  const done = () => {
    setAsked(undefined);
    void refreshKeys(queries, orgId);
  };
  const rotate = useMutation({
    mutationFn: () => keys.rotate(apiKey.id, Number(grace)),
    onSuccess: ({ name, key }) => {
      onMinted({ name, text: key });
      done();
      onClose();
    },
  });
  const enable = useMutation({
    mutationFn: (isOn: boolean) => (isOn ? keys.enable(apiKey.id) : keys.disable(apiKey.id)),
    onSuccess: () => (isThis ? goSignIn() : done()),
  });
  const remove = useMutation({
    mutationFn: () => keys.delete(apiKey.id),
    onSuccess: () => {
      if (isThis) return goSignIn();
      onClose();
      done();
    },
  });
  const close = () => {
    setAsked(undefined);
    for (const deed of [rotate, enable, remove]) deed.reset();
  };
  const usedLast = (
    <p>
      {apiKey.last_used_at ? (
        <>
          {said.wasUsed} <Age at={apiKey.last_used_at} />.
        </>
      ) : (
        said.wasNeverUsed
      )}
    </p>
  );
  const signsOut = isThis && <p className="text-warn">{said.thisOne}</p>;
  const name = shortText(apiKey.name, NAME_MAX);
  if (asked === "change") {
    return (
      <Dialog title={`${said.change} ${name}`} isOpen onClose={close}>
        <ChangeKey orgId={orgId} apiKey={apiKey} onChanged={done} onCancel={close} />
      </Dialog>
    );
  }
  return (
    <Dialog title={name} isOpen onClose={onClose}>
      <KeyFacts apiKey={apiKey} />
      {may("keys:write") ? (
        <div className="flex flex-wrap gap-3">
          <button type="button" className="button" onClick={() => setAsked("change")}>
            {said.change}
          </button>
          <button type="button" className="button" onClick={() => setAsked("rotate")}>
            {said.rotate}
          </button>
          {apiKey.disabled_at === null ? (
            <button type="button" className="button" onClick={() => setAsked("disable")}>
              {said.disable}
            </button>
          ) : (
            <button type="button" className="button" disabled={enable.isPending} onClick={() => enable.mutate(true)}>
              {said.enable}
            </button>
          )}
          <button type="button" className="button border-fail text-fail" onClick={() => setAsked("remove")}>
            {said.remove}
          </button>
        </div>
      ) : (
        <NotAllowed what={said.rotate} scope="keys:write" />
      )}
      <ConfirmDialog
        title={`${said.rotate} ${name}`}
        isOpen={asked === "rotate"}
        onClose={close}
        action={said.rotate}
        onConfirm={() => rotate.mutate()}
        isBusy={rotate.isPending}
        error={rotate.error}
      >
        <div className="flex flex-col gap-3">
          {usedLast}
          <p>{said.rotateAsk}</p>
          <Field label={said.grace}>
            <select className="field max-w-60" value={grace} onChange={({ target }) => setGrace(target.value)}>
              {Object.entries(said.graces).map(([seconds, words]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </select>
          </Field>
        </div>
      </ConfirmDialog>
      <ConfirmDialog
        title={`${said.disable} ${name}`}
        isOpen={asked === "disable"}
        onClose={close}
        action={said.disable}
        onConfirm={() => enable.mutate(false)}
        isBusy={enable.isPending}
        error={enable.error}
      >
        {usedLast}
        <p>{said.disableAsk}</p>
        {signsOut}
      </ConfirmDialog>
      <ConfirmDialog
        title={`${said.remove} ${name}`}
        isOpen={asked === "remove"}
        onClose={close}
        action={said.remove}
        onConfirm={() => remove.mutate()}
        isBusy={remove.isPending}
        error={remove.error}
        name={apiKey.name}
      >
        {usedLast}
        <p>{said.removeAsk}</p>
        {signsOut}
      </ConfirmDialog>
    </Dialog>
  );
}

function KeyFacts({ apiKey }: { apiKey: ApiKey }) {
  const { scopes, agents, rate_limit, rate_burst, per_call_max, ip_allow, budgets } = apiKey;
  const facts: [name: string, value: ReactNode][] = [
    [said.key, <code key="key">{tailOf(apiKey)}</code>],
    [said.state, <KeyStateOf key="state" apiKey={apiKey} />],
    [said.id, <code key="id">{apiKey.id}</code>],
    [said.created, <Age key="created" at={apiKey.created_at} />],
    [said.lastUsed, apiKey.last_used_at ? <Age key="used" at={apiKey.last_used_at} /> : said.neverUsed],
    [said.expires, apiKey.expires_at ? <Age key="ends" at={apiKey.expires_at} /> : said.never],
    [
      said.may,
      scopes.includes("*") ? (
        said.everything
      ) : (
        <ul key="may">
          {scopes.map((scope) => (
            <li key={scope}>
              {said.words[scope] ?? scope} <code className="text-ink-3">{scope}</code>
            </li>
          ))}
        </ul>
      ),
    ],
    [
      said.agents,
      agents === null ? (
        said.anyAgent
      ) : (
        <ul key="agents">
          {agents.map((id) => (
            <li key={id}>
              <AgentName id={id} />
            </li>
          ))}
        </ul>
      ),
    ],
    [said.perCallMax, per_call_max === null ? said.noLimit : <Money key="max" dollars={per_call_max} />],
    [said.spent, <Budgets key="budgets" budgets={budgets} />],
    [
      said.rate,
      rate_limit === null && rate_burst === null
        ? said.noLimit
        : [rate_limit !== null && said.perSecond(`${rate_limit}`), rate_burst !== null && `${said.burst} ${rate_burst}`]
            .filter(Boolean)
            .join(", "),
    ],
    [
      said.ipAllow,
      ip_allow === null ? (
        said.anywhere
      ) : (
        <ul key="ips">
          {ip_allow.map((range) => (
            <li key={range}>
              <code>{range}</code>
            </li>
          ))}
        </ul>
      ),
    ],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
