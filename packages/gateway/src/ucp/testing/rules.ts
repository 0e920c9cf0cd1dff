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
