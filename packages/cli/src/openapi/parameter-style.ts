import type { JsonSchema } from "@agentgate/site/codegen";
import type { ParameterStyle } from "@agentgate/site/upstream";
import type { OpenApiNode } from "./document.ts";
import { jsonContent } from "./media-type.ts";
import { isNested, type ValueKind, valueKinds } from "./value-kinds.ts";

export type ParameterPlace = "path" | "query" | "header" | "cookie";

/** How a parameter is written; undefined where its place's own style is meant. */
export interface WrittenStyle {
  readonly style: ParameterStyle;
  readonly explode: boolean;
}

export type StyleFound =
  | { readonly written: WrittenStyle | undefined; readonly note?: string }
  | { readonly problem: string };

const styleOf: Readonly<Record<ParameterPlace, ParameterStyle>> = {
  path: "simple",
  query: "form",
  header: "simple",
  cookie: "form",
};
const all: readonly ValueKind[] = ["primitive", "array", "object"];

/** OpenAPI 3.1.1, Parameter Object, Style Values and Style Examples: what a style is defined for. */
function definedFor(place: ParameterPlace, style: string, explode: boolean): readonly ValueKind[] {
  switch (`${place} ${style}`) {
    case "path simple":
    case "path label":
    case "path matrix":
    case "header simple":
    case "query form":
      return all;
    case "cookie form":
      return explode ? ["primitive"] : all; // exploded, the pairs would be joined by "&"
    case "query spaceDelimited":
    case "query pipeDelimited":
      return explode ? [] : ["array", "object"];
    case "query deepObject":
      return ["object"];
    default:
      return [];
  }
}

/** How the values of a parameter are written, or why they cannot be carried. */
export function parameterStyle(
  { in: place, style, explode, content, schema: given }: OpenApiNode,
  schema: JsonSchema,
  definitions: ReadonlyMap<string, JsonSchema>,
): StyleFound {
  if (place !== "path" && place !== "query" && place !== "header" && place !== "cookie")
    return { problem: `unknown place "${String(place)}"` };
  if (content !== undefined && given === undefined) {
    const isJson = jsonContent(content) !== undefined;
    if (!isJson || place === "cookie")
      return { problem: "its value is serialised by a media type that cannot be carried" };
    return { written: { style: "json", explode: false } };
  }
  const named = style === undefined ? styleOf[place] : String(style);
  const isExploded = typeof explode === "boolean" ? explode : named === "form";
  const defined = definedFor(place, named, isExploded);
  const kinds = valueKinds(schema, definitions);
  if (!defined.some((kind) => kinds.has(kind))) {
    const what = [...kinds].join(" or ");
    return { problem: `style "${named}"${isExploded ? ", exploded," : ""} is not defined for ${what} in ${place}` };
  }
  const nested = !kinds.has("primitive") && isNested(schema, definitions);
  if (nested && named !== "deepObject")
    return { problem: `style "${named}" is not defined for lists or objects in its values` };
  const isUsual = named === styleOf[place] && isExploded === (named === "form");
  return {
    written: isUsual ? undefined : { style: named as ParameterStyle, explode: isExploded },
    ...(nested && { note: "its deeper values are sent as a[b][c], which OpenAPI leaves open" }),
  };
}
