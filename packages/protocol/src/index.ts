export {
  formatMicroDollars,
  MICRO_DOLLARS_MAX,
  type MicroDollars,
  microDollarsFromNumber,
  microDollarsToNumber,
} from "./gateway/money.ts";
export { isTier, type Tier, type TierLimits, tierLimits, tiers } from "./gateway/tiers.ts";
