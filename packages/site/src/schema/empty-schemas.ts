import type { JsonSchema } from "@agentgate/protocol/site";
import type { StandardSchema } from "./standard-schema.ts";

const constant = <Input, Output>(schema: JsonSchema): StandardSchema<Input, Output> => {
  const standard = {
    version: 1 as const,
    vendor: "agentgate",
    validate: (value: unknown) => ({ value: value as Output }),
    jsonSchema: { input: () => ({ ...schema }), output: () => ({ ...schema }) },
  };
  return { "~standard": standard };
};

/** No arguments. Unknown ones are ignored, as old clients may send some. */
export type NoInput = StandardSchema<Record<string, never> | undefined, Record<string, never>>;
export const noInput: NoInput = constant({ type: "object", properties: {} });

/** Any JSON value. */
export type AnyOutput = StandardSchema<unknown, unknown>;
export const anyOutput: AnyOutput = constant({});
