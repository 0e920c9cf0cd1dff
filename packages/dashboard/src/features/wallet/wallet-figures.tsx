import { microDollarsFromNumber, type Wallet } from "@agentgate/protocol";
import { moneyDecimals } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";
import { Money } from "../../ui/values.tsx";

const said = en.wallet;

/** Available, held, balance: an addition, on one rule each, with the same decimals. */
export function WalletFigures({ wallet: { available, held, balance } }: { wallet: Wallet }) {
  const decimals = moneyDecimals(...[available, held, balance].map(microDollarsFromNumber));
  return (
    <dl className="grid grid-cols-1 gap-x-6 gap-y-4 wide:grid-cols-3" aria-label={en.pages.wallet}>
      <div className="border-ink-1 border-t pt-2">
        <dt className="text-ink-2">{said.available}</dt>
        <dd className="font-strong text-title">
          <Money dollars={available} decimals={decimals} />
        </dd>
      </div>
      <div className="border-line border-t pt-2">
        <dt className="text-ink-2">{said.held}</dt>
        <dd className="text-title">
          <Money dollars={held} decimals={decimals} />
        </dd>
      </div>
      <div className="border-line border-t pt-2">
        <dt className="text-ink-2">{said.balance}</dt>
        <dd className="text-title">
          <Money dollars={balance} decimals={decimals} />
        </dd>
      </div>
    </dl>
  );
}
