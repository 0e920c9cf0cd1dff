import type { z } from "zod";

/** One setting: its environment variable, meaning and default. docs/configuration.md is generated from this table. */
export interface Setting<S extends z.ZodType> {
  env: string;
  help: string;
  schema: S;
  /** Shown in the documentation. */
  defaultText: string;
}

export const setting = <S extends z.ZodType>(
  env: string,
  defaultText: string,
  help: string,
  schema: S,
): Setting<S> => ({
  env,
  defaultText,
  help,
  schema,
});
