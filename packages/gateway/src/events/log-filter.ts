import { z } from "zod";
import { filterQuery, type LogQuery } from "../call-log/index.ts";

const { from, to, role, org_id, ...filters } = filterQuery;

/** Which calls are told: as `GET /logs` chooses them, but for their time. */
export const logFilterFields = {
  ...filters,
  org_id,
  role: z
    .enum(["owner", "payer"])
    .optional()
    .describe("`owner`: calls of one's own agents; `payer`: calls that one pays for; both by default"),
};

export interface LogFilter extends Partial<Omit<LogQuery, "from" | "to" | "role">> {
  role?: LogQuery["role"] | undefined;
}
