import type { PlainSearch } from "../../app/plain-search.ts";
import type { FacetName } from "./filter-names.ts";

/** The values that a list in the address has. */
export const valuesOf = (text: string | undefined): string[] => (text ? text.split(",").filter(Boolean) : []);

const joined = (values: readonly string[]): string | undefined => (values.length > 0 ? values.join(",") : undefined);

/** The address with one more value that calls are to have, or not to have; once more takes it away again. */
export function toggled(search: PlainSearch, name: FacetName, value: string, isExcluded = false): PlainSearch {
  const [own, other] = isExcluded ? [`not_${name}`, name] : [name, `not_${name}`];
  const values = valuesOf(search[own]);
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  return {
    ...search,
    at: undefined,
    [own]: joined(next),
    [other]: joined(valuesOf(search[other]).filter((one) => one !== value)),
  };
}

/** The address with just this value. */
export const only = (search: PlainSearch, name: string, value: string): PlainSearch => ({
  ...search,
  at: undefined,
  [name]: value,
  [`not_${name}`]: undefined,
});
