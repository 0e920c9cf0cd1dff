import type { Manifest, ManifestFlow, ManifestIntent, ManifestStep } from "@agentgate/protocol/site";

/**
 * The manifest with what it may leave out either as it should be or not there: a price that is none, a risk that nobody knows. What changed
 * from release to release is the site's own story, and not kept.
 */
export function tidied({ changes: _, version, intents, flows, ...site }: Manifest): Manifest {
  return {
    ...site,
    ...(typeof version === "string" && { version }),
    intents: intents.map((intent) => tidyOperation(intent)),
    flows: flows.map(tidyFlow),
  };
}

const tidyFlow = ({ deprecated, steps, ...flow }: ManifestFlow): ManifestFlow => ({
  ...flow,
  steps: steps.map((step) => {
    const { final, entry, ...rest } = tidyOperation(step);
    return { ...rest, entry: entry === true, ...(final === true && { final }) };
  }),
  ...deprecationIn(deprecated),
});

/** Of what cannot be a price, so much is told. */
const PRICE_LENGTH_MAX = 32;

function tidyOperation<O extends ManifestIntent | ManifestStep>(operation: O): O {
  const { risk, idempotent, streaming, price, deprecated, ...rest } = operation;
  return {
    ...rest,
    ...((risk === "low" || risk === "medium" || risk === "high") && { risk }),
    ...(idempotent === true && { idempotent }),
    ...(streaming === true && { streaming }),
    ...priceIn(price),
    ...deprecationIn(deprecated),
  } as unknown as O;
}

/** Also one that nobody can charge: a call is not free because its price is not understood. */
const priceIn = (price: unknown): { price?: { amount: string; currency: string } } => {
  const { amount, currency } = (typeof price === "object" && price !== null ? price : {}) as Record<string, unknown>;
  const told = (value: unknown) => String(value).slice(0, PRICE_LENGTH_MAX).toWellFormed();
  const isSaid = typeof amount === "string" || typeof amount === "number";
  return isSaid
    ? { price: { amount: told(amount), currency: typeof currency === "string" ? told(currency) : "" } }
    : {};
};

const deprecationIn = (deprecated: unknown): { deprecated?: { message: string } } => {
  const { message } = (typeof deprecated === "object" && deprecated !== null ? deprecated : {}) as {
    message?: unknown;
  };
  return typeof message === "string" && message !== "" ? { deprecated: { message } } : {};
};
