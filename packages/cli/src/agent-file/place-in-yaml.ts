import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Place } from "./server-terms.ts";

/** Where in the text that begins: the key of a member, or an entry of a list. Undefined where the text has no such place of its own. */
export function placeInYaml(node: unknown, place: Place): number | undefined {
  let at: number | undefined;
  let here = node;
  for (const step of place) {
    if (isMap(here)) {
      const pair = here.items.find(({ key }) => isScalar(key) && `${key.value}` === `${step}`);
      at = (pair?.key as Node | undefined)?.range?.[0] ?? at;
      here = pair?.value;
    } else if (isSeq(here)) {
      here = here.items[Number(step)];
      at = (here as Node | undefined)?.range?.[0] ?? at;
    } else break;
  }
  return at;
}
