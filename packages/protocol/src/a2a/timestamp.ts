const ISO = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(?:([Zz])|([+-])(\d\d):?(\d\d)?)?$/;
/** Digits of a second's fraction in ProtoJSON. */
const DIGITS_MAX = 9;
/** As ProtoJSON writes it, and nearly everybody does. */
const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * A timestamp as 1.0 has it: ISO 8601 in UTC, ending in Z, with nine digits of a second at most (section 5.6.1). 0.3 leaves the zone
 * open, and its own examples write none: that is read as UTC. Undefined for what is no timestamp.
 */
export function utcTimestamp(value: unknown): string | undefined {
  if (isCanonical(value)) return value;
  const [, date, minutes, seconds = "00", fraction, utc, sign, hours, zoneMinutes = "00"] =
    (typeof value === "string" && ISO.exec(value.trim())) || [];
  if (date === undefined) return undefined;
  const local = Date.parse(`${date}T${minutes}:${seconds}Z`);
  if (Number.isNaN(local)) return undefined;
  const offset = utc || sign === undefined ? 0 : (Number(hours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1);
  const moment = new Date(local - offset * 60_000).toISOString().slice(0, 19);
  // Years beyond four digits are none that ProtoJSON can hold.
  if (!/^\d{4}-/.test(moment)) return undefined;
  return `${moment}${fraction === undefined ? "" : `.${fraction.slice(0, DIGITS_MAX)}`}Z`;
}

/** Whether it is what it would be read as. Days and hours that there are not, such as February 30th or 24:00, are read as others. */
function isCanonical(value: unknown): value is string {
  if (typeof value !== "string" || !CANONICAL.test(value)) return false;
  const moment = new Date(value);
  return moment.getUTCDate() === twoDigits(value, 8) && moment.getUTCHours() === twoDigits(value, 11);
}

const twoDigits = (text: string, at: number): number => Number(text.slice(at, at + 2));
