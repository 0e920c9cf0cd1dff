import { z } from "zod";

export const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};

export const integer = (min: number, max: number, value: number) => wholeNumber(min, max).default(value);

export const choice = <const T extends string>(values: readonly T[], value: NoInfer<T>) =>
  z.enum(values, { error: `must be ${values.slice(0, -1).join(", ")} or ${values.at(-1)}` }).default(value);

export const flag = (value: boolean) =>
  z
    .enum(["1", "true", "on", "yes", "0", "false", "off", "no"], { error: "must be 1 or 0" })
    .transform((text) => ["1", "true", "on", "yes"].includes(text))
    .default(value);

export const list = () =>
  z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter(Boolean),
    );

export const listOf = (isItem: (item: string) => boolean, what: string) =>
  list().superRefine((items, context) => {
    const wrong = items.find((item) => !isItem(item));
    if (wrong !== undefined) context.addIssue({ code: "custom", message: `must list ${what} (found "${wrong}")` });
  });

export const optionalUrl = (...protocols: string[]) =>
  z
    .url({ error: `must be a URL that starts with ${protocols.map((p) => `${p}://`).join(" or ")}` })
    .refine((url) => protocols.some((p) => url.startsWith(`${p}:`)), {
      error: `must start with ${protocols.map((p) => `${p}://`).join(" or ")}`,
    })
    .optional();

/** Pairs as OpenTelemetry's variables list them, `name=value,name=value`, percent-encoded. What is wrong is not repeated: values may be secrets. */
export const pairs = (what: string) =>
  z
    .string()
    .default("")
    .transform((text, context) => {
      const found: Record<string, string> = {};
      for (const pair of text.split(",").filter((item) => item.trim() !== "")) {
        const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
        const decoded = name === undefined ? undefined : decodedPair(name, value!.trim());
        if (!decoded) {
          context.addIssue({ code: "custom", message: `must list ${what} as name=value, separated by commas` });
          return z.NEVER;
        }
        found[decoded[0]] = decoded[1];
      }
      return found;
    });

const decodedPair = (name: string, value: string): [string, string] | undefined => {
  try {
    return [decodeURIComponent(name), decodeURIComponent(value)];
  } catch {
    return undefined;
  }
};
