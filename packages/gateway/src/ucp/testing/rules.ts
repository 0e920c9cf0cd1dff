/** Names of services, capabilities and handlers. */
const NAME = /^[a-z][a-z0-9]*(?:\.[a-z][a-z0-9_]*)+$/;

/**
 * What is wrong with a profile by the rules of 2026-08-25, which hold for that of 2026-04-08 as well unless they say otherwise: one date for
 * all that is the protocol's, names that the host of their schema has authority over, public keys only.
 */
export function profileFaults(profile: any, { isLeaf }: { isLeaf: boolean }): string[] {
  const { ucp } = profile;
  const isNew = ucp.version >= "2026-08-25";
  const faults: string[] = [];
  const say = (isWrong: boolean, fault: string) => isWrong && faults.push(fault);
  say(isLeaf && "supported_versions" in ucp, "a leaf names other versions");
  say(isNew ? "signing_keys" in profile : "keys" in profile, "keys are under the other release's name");
  for (const key of profile[isNew ? "keys" : "signing_keys"]) {
    say(
      ["d", "p", "q", "k"].some((name) => name in key),
      "a private key",
    );
    say(!key.kid || key.use !== "sig" || key.kty !== "EC" || key.crv !== "P-256", "not an ES256 key for signatures");
  }
  for (const [kind, entries] of Object.entries({ ...groups(ucp) })) {
    for (const [name, declared] of entries) {
      say(!NAME.test(name), `${name} is no name`);
      for (const entry of declared) {
        say(name.startsWith("dev.ucp.") && entry.version !== ucp.version, `${name} is of ${entry.version}`);
        say(kind === "capabilities" && isNew && !entry.schema, `${name} has no schema`);
        say(!name.startsWith("dev.ucp.") && !hasAuthority(entry.schema, name), `${entry.schema} is not ${name}'s`);
        say(kind === "services" && entry.transport !== "embedded" && !entry.endpoint, `${name} has no endpoint`);
        say(entry.endpoint?.endsWith("/"), `${entry.endpoint} ends in a slash`);
      }
    }
  }
  return faults;
}

const groups = ({ services, capabilities, payment_handlers }: any): Record<string, [string, any[]][]> => ({
  services: Object.entries(services),
  capabilities: Object.entries(capabilities),
  payment_handlers: Object.entries(payment_handlers),
});

function hasAuthority(schema: string | undefined, name: string): boolean {
  if (schema === undefined) return false;
  const { hostname, protocol } = new URL(schema);
  const reversed = hostname.split(".").reverse().join(".");
  return protocol === "https:" && (name === reversed || name.startsWith(`${reversed}.`));
}

/** Where a checkout may stand, and what has to be there then. */
const TERMINAL = ["completed", "canceled"];

/**
 * What is wrong with an answer by the rules that no schema says, which hold for both releases: amounts that sum up, messages that say what
 * to do, an order where there is one and nowhere else, versions that are the release's own.
 */
export function answerFaults(body: any): string[] {
  const faults: string[] = [];
  const say = (isWrong: boolean, fault: string) => isWrong && faults.push(fault);
  const { ucp, messages = [], totals, status, line_items: lines } = body;
  for (const [name, declared] of Object.entries<any[]>(ucp.capabilities ?? {})) {
    for (const { version } of declared)
      say(name.startsWith("dev.ucp.") && version !== ucp.version, `${name} is of ${version}`);
  }
  say(ucp.status === "error" && messages.length === 0, "an error without a message");
  for (const message of messages) {
    say(message.type === "error" && !message.severity, `${message.code} has no severity`);
    say(message.path !== undefined && !message.path.startsWith("$."), `${message.path} is no JSONPath`);
  }
  if (!totals) return faults;
  const amount = (of: any[], type: string) => of.find((total) => total.type === type)?.amount;
  for (const of of [totals, ...lines.map((line: any) => line.totals)]) {
    const parts = of.filter(({ type }: any) => type !== "total");
    const sum = parts.reduce((all: number, part: any) => all + part.amount, 0);
    say(sum !== amount(of, "total"), `totals of ${sum} say ${amount(of, "total")}`);
  }
  const sum = lines.reduce((all: number, line: any) => all + amount(line.totals, "total"), 0);
  say(sum !== amount(totals, "subtotal"), `lines of ${sum} say ${amount(totals, "subtotal")}`);
  if (body.fulfillment) return [...faults, ...orderFaults(body)];
  say((status === "completed") !== (body.order !== undefined), `${status} ${body.order ? "with" : "without"} an order`);
  say(status === "incomplete" && messages.length === 0, "incomplete, and it does not say why");
  say(status === "requires_escalation" && !body.continue_url, "nowhere to go on");
  say(!TERMINAL.includes(status) && !body.expires_at, "it does not say when it ends");
  return faults;
}

/** A line's status follows from its quantities; what is not there any more is told as an adjustment. */
function orderFaults({ line_items: lines, adjustments = [], fulfillment }: any): string[] {
  return lines.flatMap(({ id, status, quantity: { original, total, fulfilled } }: any) => {
    const derived =
      total === 0 ? "removed" : fulfilled === total ? "fulfilled" : fulfilled > 0 ? "partial" : "processing";
    const removed = adjustments.flatMap(({ line_items }: any) => line_items).find((line: any) => line.id === id);
    return [
      ...(status === derived ? [] : [`${status} is ${derived}`]),
      ...(original - total === -(removed?.quantity ?? 0) ? [] : ["what was removed is not adjusted"]),
      ...(fulfillment.expectations.some(({ line_items }: any) => line_items[0].id === id)
        ? []
        : ["nothing is expected"]),
    ];
  });
}
