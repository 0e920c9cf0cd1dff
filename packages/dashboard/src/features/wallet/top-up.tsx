import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatMoney } from "@agentgate/protocol/format";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { dollarsIn } from "../../ui/dollars.ts";
import { Field } from "../../ui/field.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { type ToppedUp, useTopUp } from "./use-top-up.ts";

const said = en.wallet;
const money = (dollars: number) => formatMoney(microDollarsFromNumber(dollars));

interface TopUpProps {
  orgId: string;
  mode: "open" | "admin" | "provider";
}

/** Puts money into the wallet, as this gateway has it: at once, by the admin, or by a provider's page. */
export function TopUp({ orgId, mode }: TopUpProps) {
  const may = useMay();
  if (!may("wallet:topup")) return <NotAllowed what={said.topUp} scope="wallet:topup" />;
  if (mode === "admin") {
    return (
      <div className="flex flex-col gap-3">
        <p className="text-ink-2">{said.adminOnly}</p>
        <Command>{orgId}</Command>
      </div>
    );
  }
  return <TopUpForm orgId={orgId} isProvider={mode === "provider"} />;
}

/** The amount, and the Idempotency-Key of what was begun, stand in the address: whatever happens to this page, they are not lost. */
function TopUpForm({ orgId, isProvider }: { orgId: string; isProvider: boolean }) {
  const { amount, attempt } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const [typed, setTyped] = useState(amount ?? "");
  const [isWrong, setWrong] = useState(false);
  const note = (changes: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...changes }), replace: true });
  const topUp = useTopUp(orgId, {
    onBegun: (dollars, key) => note({ amount: `${dollars}`, attempt: key }),
    onOver: (isDone) => {
      if (isDone) setTyped("");
      note({ attempt: undefined, ...(isDone && { amount: undefined }) });
    },
  });
  const dollars = dollarsIn(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(!dollars);
    if (dollars) topUp.begin(dollars);
  };
  const begun = dollarsIn(amount ?? "");
  if (attempt && begun && !topUp.isPending) {
    return (
      <div role="alert" className="flex flex-col gap-3 border-warn border-l-2 bg-warn-wash px-4 py-3">
        <p>{said.uncertain(money(begun))}</p>
        <p className="text-ink-2">
          {said.attempt} <code>{attempt}</code>
        </p>
        <div className="flex flex-wrap gap-3">
          <button type="button" className="button button-primary" onClick={() => topUp.begin(begun, attempt)}>
            {said.askAgain}
          </button>
          <button type="button" className="button" onClick={() => note({ attempt: undefined })}>
            {said.leaveIt}
          </button>
        </div>
        {topUp.error != null && <TroubleBox error={topUp.error} />}
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      {isProvider && <p className="text-ink-2">{said.providerNext}</p>}
      <Field label={said.dollars} hint={said.dollarsHint} error={isWrong && !dollars ? en.notAnAmount : undefined}>
        <input
          className="field max-w-40"
          inputMode="decimal"
          autoComplete="off"
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value);
            note({ amount: target.value });
          }}
        />
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <button type="submit" className="button button-primary" disabled={topUp.isPending}>
          {topUp.isPending && begun ? said.adding(money(begun)) : dollars ? said.add(money(dollars)) : said.addNothing}
        </button>
      </div>
      <div role="status">{topUp.answer && <Answer of={topUp.answer} />}</div>
      {topUp.error != null && <TroubleBox error={topUp.error} />}
    </form>
  );
}

function Answer({ of: answer }: { of: ToppedUp }) {
  if ("checkout_url" in answer) {
    const { protocol, host } = new URL(answer.checkout_url);
    if (!/^https?:$/.test(protocol)) return null;
    return (
      <div className="flex flex-col items-start gap-2">
        <a className="button button-primary" href={answer.checkout_url} rel="noopener noreferrer">
          {said.goPay(money(answer.amount), host)}
        </a>
        <span className="text-ink-2">{said.pendingPay}</span>
      </div>
    );
  }
  const { amount_added, new_balance, replayed } = answer;
  const tell = replayed ? said.addedBefore : said.added;
  return <p>{tell(money(amount_added), money(new_balance))}</p>;
}
