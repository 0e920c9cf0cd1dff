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

const PRICE = /^\d{1,9}(\.\d{1,6})?$/;

function tidyOperation<O extends ManifestIntent | ManifestStep>(operation: O): O {
  const { risk, idempotent, streaming, price, deprecated, ...rest } = operation;
  const isPrice =
    typeof price?.amount === "string" && PRICE.test(price.amount) && /^[A-Z]{3}$/.test(String(price.currency));
  return {
    ...rest,
    ...((risk === "low" || risk === "medium" || risk === "high") && { risk }),
    ...(idempotent === true && { idempotent }),
    ...(streaming === true && { streaming }),
    ...(isPrice && { price: { amount: price.amount, currency: price.currency } }),
    ...deprecationIn(deprecated),
  } as unknown as O;
}

const deprecationIn = (deprecated: unknown): { deprecated?: { message: string } } => {
  const { message } = (typeof deprecated === "object" && deprecated !== null ? deprecated : {}) as {
    message?: unknown;
  };
  return typeof message === "string" && message !== "" ? { deprecated: { message } } : {};
};
