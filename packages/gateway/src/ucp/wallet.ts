import type { MicroDollars } from "@agentgate/protocol";
import { orgIdOf } from "./buyer.ts";
import { type ErrorMessage, recoverable } from "./envelope.ts";
import { VENDOR_VERSION, type VendorNames } from "./namespace.ts";
import { CURRENCY } from "./product.ts";

/** Id of the gateway's one payment handler. */
export const WALLET_HANDLER = "gw_wallet";
/** The kind of instrument that it takes. */
export const WALLET_INSTRUMENT = "wallet_balance";

/** Where an organization fills its wallet, if there is such a page. */
export type TopupUrl = (orgId: string, amount: MicroDollars) => string | undefined;

/** The payment handlers of a profile or an answer: an organization pays from its wallet. */
export function paymentHandlers({ wallet, isPublic }: VendorNames, url: string) {
  const declared = isPublic && { spec: `${url}/ucp/docs/wallet`, schema: `${url}/ucp/schemas/wallet.json` };
  const handler = {
    id: WALLET_HANDLER,
    version: VENDOR_VERSION,
    ...declared,
    available_instruments: [{ type: WALLET_INSTRUMENT }],
    config: { currency: CURRENCY },
  };
  return { [wallet]: [handler] };
}

const MICROS_PER_CENT = 10_000n;

/** The wallet of a checkout's owner as an instrument, to be echoed by who completes it. Null where the caller may not see it. */
export function walletInstrument(owner: string, available: MicroDollars | null) {
  const orgId = orgIdOf(owner);
  if (orgId === undefined || available === null) return undefined;
  return {
    id: `wallet:${orgId}`,
    handler_id: WALLET_HANDLER,
    type: WALLET_INSTRUMENT,
    selected: true,
    display: { label: "AgentGate wallet", balance_minor: Number(available / MICROS_PER_CENT), currency: CURRENCY },
  };
}

export interface GivenInstrument {
  id: string;
  handler_id: string;
  type: string;
  selected?: boolean | undefined;
}

/** Why these instruments do not pay; undefined when the wallet of this organization does. */
export function instrumentProblem(instruments: readonly GivenInstrument[], orgId: string): ErrorMessage | undefined {
  const chosen = instruments.findIndex(({ selected }) => selected === true);
  const index = Math.max(0, chosen);
  const instrument = instruments[index];
  const wrong = (content: string, member: string) =>
    recoverable("payment_failed", content, `$.payment.instruments[${index}]${member}`);
  if (!instrument) return wrong("Give an instrument: the wallet, as the checkout shows it", "");
  if (instrument.handler_id !== WALLET_HANDLER) return wrong(`Pay by the handler ${WALLET_HANDLER}`, ".handler_id");
  if (instrument.type !== WALLET_INSTRUMENT) return wrong(`Pay by an instrument of type ${WALLET_INSTRUMENT}`, ".type");
  if (instrument.id !== `wallet:${orgId}`) return wrong("The wallet is not that of the organization that pays", ".id");
  return undefined;
}
