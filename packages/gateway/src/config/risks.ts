import { type SettingInForce, settingsInForce } from "./in-force.ts";
import type { Config } from "./settings.ts";
import { otherProtocol, unreachable } from "./warnings.ts";

/** Guessing a key of so many characters is out of the question, whatever they are. */
const KEY_LENGTH_GOOD = 24;
const AUDIT_DAYS_FEW = 90;
const HEALTH_SECONDS_MANY = 600;
/** A sixteenth of the internet and more. */
const WIDE_RANGE = /\/[1-4]$/;

type Judge = (config: Config) => string | undefined | false;

/** What is risky in a value, in a sentence that says what may happen and what to do; by the setting's name. */
const judges: Partial<Record<keyof Config, Judge>> = {
  host: (config) => unreachable(config)[0],
  publicUrl: ({ publicUrl }) =>
    isOpenHttp(publicUrl) &&
    "Keys and answers travel in the open. Put TLS before the gateway, and name its https address here.",
  apiKey: ({ apiKey }) =>
    apiKey !== undefined &&
    apiKey.length < KEY_LENGTH_GOOD &&
    `The admin key has fewer than ${KEY_LENGTH_GOOD} characters and may be guessed. Set a longer one, or unset it to have one minted.`,
  redisUrl: ({ redisUrl, databaseUrl }) =>
    redisUrl === undefined &&
    databaseUrl !== undefined &&
    "Each node counts by itself: with several nodes, an organization gets its limit on each of them.",
  allowPrivateNetworks: ({ allowPrivateNetworks }) =>
    allowPrivateNetworks &&
    "Whoever registers an agent can have the gateway call machines of your own network. For others' agents turn it off, and name single addresses with AGENTGATE_ALLOW_ADDRESSES.",
  trustedProxies: ({ trustedProxies }) =>
    trustedProxies.some((range) => WIDE_RANGE.test(range)) &&
    "Much of the internet may say which address it has, so that limits by address bind nobody there. Name your proxies alone.",
  secretKey: ({ secretKey }) =>
    secretKey === undefined &&
    "The key that seals agents' credentials is kept beside them: who copies one has the other. Set it from a place of its own.",
  previousSecretKey: ({ previousSecretKey }) =>
    previousSecretKey !== undefined &&
    "The former secret key still opens what was sealed under it. Run agentgate secrets rotate, then unset it.",
  topup: ({ topup }) =>
    topup === "open" && "Any organization can put money into its own wallet, without any money behind it.",
  selfServiceTiers: ({ selfServiceTiers }) =>
    selfServiceTiers && "Organizations can raise their own tier and limits, and lower the fee they pay by it.",
  allowUnpaid: ({ allowUnpaid }) =>
    allowUnpaid && "Agents with a price can be called for free by whoever names no payer.",
  approval: ({ approval }) =>
    approval === "off" && "What organizations register can be called and is paid at once; nobody looks at it before.",
  anonymousReviews: ({ anonymousReviews }) =>
    anonymousReviews && "Reviews need no key: whoever has many addresses can write many.",
  healthIntervalSeconds: ({ healthIntervalSeconds: seconds }) =>
    seconds > HEALTH_SECONDS_MANY &&
    `An agent that went down may be shown as answering for ${Math.round(seconds / 60)} minutes.`,
  auditDays: ({ auditDays }) =>
    auditDays > 0 &&
    auditDays < AUDIT_DAYS_FEW &&
    `Who changed what is forgotten after ${auditDays} days. Export the audit log before, or keep it longer.`,
  drainSeconds: ({ drainSeconds, taskTimeoutMs }) =>
    drainSeconds * 1_000 < taskTimeoutMs &&
    `Agents may take ${taskTimeoutMs / 1_000} s, and a stopping gateway waits for ${drainSeconds} s: calls under way are cut off then. Nothing is charged for these.`,
  ledgerDatesUntil: ({ ledgerDatesUntil }) =>
    ledgerDatesUntil !== undefined &&
    "Dates of the ledger that are ahead of the time are taken for right up to then. Unset it when that time is over.",
  deployRuntime: ({ deployRuntime }) =>
    deployRuntime === "process" &&
    "What others deploy runs as processes of this machine. Where you do not trust all of them, use docker.",
  logLevel: ({ logLevel }) => logLevel === "silent" && "Nothing is logged: what goes wrong is told nowhere.",
  otlpEndpoint: (config) => otherProtocol(config)[0],
};

/** Every setting as it is in force, with what is risky in it. */
export const settingsWithRisks = (config: Config): (SettingInForce & { risk: string | null })[] =>
  settingsInForce(config).map((setting) => ({
    ...setting,
    risk: judges[setting.name as keyof Config]?.(config) || null,
  }));

function isOpenHttp(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
