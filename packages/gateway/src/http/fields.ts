import { MICRO_DOLLARS_MAX, type MicroDollars, microDollarsFromNumber } from "@agentgate/protocol";
import { z } from "zod";

/** Text that every database stores as it is: well-formed UTF-16 without NUL. */
export const text = () =>
  z.string().refine((value) => value.isWellFormed() && !value.includes("\0"), {
    error: "Text must be well-formed Unicode without NUL characters",
  });

/** A key that an Authorization header carries unchanged: visible ASCII, with blanks inside at most. */
export const headerKey = () =>
  z.string().regex(/^(?:[!-~](?:[ -~]*[!-~])?)?$/, {
    error: "A key may hold visible ASCII characters, and blanks between them",
  });

/** Digits, perhaps with a point among them. What else JavaScript, Python or C would read is no number here: an amount has one meaning. */
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)$/;
/** More than any number needs to be told exactly. */
const DECIMAL_LENGTH_MAX = 64;

const isDecimal = (text: string) => text.length <= DECIMAL_LENGTH_MAX && DECIMAL.test(text);

/** A number, or a string that spells one in decimal (contract section 1.2). */
export const numeric = <S extends z.ZodNumber>(schema: S) =>
  z.preprocess((value) => (typeof value === "string" && isDecimal(value) ? Number(value) : value), schema);

/** A non-negative amount of dollars, read into micro-dollars. */
export const money = () =>
  numeric(
    z
      .number()
      .min(0)
      .max(Number(MICRO_DOLLARS_MAX) / 1e6)
      // Nothing that was meant to cost something becomes free by rounding.
      .refine((value) => value <= 0 || value >= 1e-6, { error: "The smallest amount is 0.000001" }),
  ).transform((value): MicroDollars => microDollarsFromNumber(value));

/** Absent and null both mean the default. */
export const withDefault = <S extends z.ZodType>(schema: S, value: z.output<S>) =>
  schema.nullish().transform((given): z.output<S> => given ?? value);

/** Page of a list: `limit` of at most `max`, `offset` bounded so that no client can ask for an endless scan. */
/** @param limit `offsetMax`: how far down a list that grows for ever may be looked at, where each step down has its cost */
export const paging = (limit: { default: number; max: number; min?: number; offsetMax?: number }) => ({
  limit: numeric(
    z
      .int()
      .min(limit.min ?? 1)
      .max(limit.max),
  ).default(limit.default),
  offset: numeric(
    z
      .int()
      .min(0)
      .max(limit.offsetMax ?? 1_000_000_000),
  ).default(0),
});

export const uuid = () => z.uuid({ error: "Input should be a valid UUID" }).transform((id) => id.toLowerCase());

/** The path of a resource named by its id. */
export const idParams = z.object({ id: uuid() });
