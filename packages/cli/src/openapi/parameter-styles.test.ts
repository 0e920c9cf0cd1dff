import fc from "fast-check";
import { expect, test } from "vitest";
import { documentOf, draftedSite, json, type SeenRequest } from "./testing/drafted-site.ts";

const text = { type: "string" };
const kinds = {
  primitive: text,
  array: { type: "array", items: text },
  object: { type: "object", additionalProperties: text },
} as const;
type Kind = keyof typeof kinds;
type Value = string | string[] | Record<string, string>;
interface Combination {
  readonly place: "path" | "query" | "header" | "cookie";
  readonly style: string;
  readonly explode: boolean;
  readonly kind: Kind;
}

/** OpenAPI 3.1.1, Style Values and Style Examples; cookies whose exploded pairs could not be told apart are not among them. */
const table: readonly [place: Combination["place"], style: string, explode: boolean, kinds: readonly Kind[]][] = [
  ...[true, false].flatMap((explode) =>
    (["path simple", "path label", "path matrix", "header simple", "query form"] as const).map((at) => {
      const [place, style] = at.split(" ") as [Combination["place"], string];
      return [place, style, explode, ["primitive", "array", "object"]] as [
        Combination["place"],
        string,
        boolean,
        Kind[],
      ];
    }),
  ),
  ["query", "spaceDelimited", false, ["array", "object"]],
  ["query", "pipeDelimited", false, ["array", "object"]],
  ["query", "deepObject", true, ["object"]],
  ["query", "deepObject", false, ["object"]],
  ["cookie", "form", true, ["primitive"]],
  ["cookie", "form", false, ["primitive", "array", "object"]],
];

const isDefined = ({ place, style, explode, kind }: Combination) =>
  table.some((row) => row[0] === place && row[1] === style && row[2] === explode && row[3].includes(kind));

const styles = ["simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "unknown"];
const combinations: Combination[] = (["path", "query", "header", "cookie"] as const).flatMap((place) =>
  styles.flatMap((style) =>
    [true, false].flatMap((explode) => (Object.keys(kinds) as Kind[]).map((kind) => ({ place, style, explode, kind }))),
  ),
);

const decode = (raw: string) => decodeURIComponent(raw.replaceAll("+", "%20"));
const splitPairs = (items: string[]) =>
  Object.fromEntries(Array.from({ length: items.length / 2 }, (_, at) => [items[2 * at]!, items[2 * at + 1]!]));

/** Reads the value back as a server does that splits first and decodes then. */
function read({ place, style, explode, kind }: Combination, { url, headers }: SeenRequest): Value {
  const [path = "", query = ""] = url.split("?");
  const pairs = (query === "" ? [] : query.split("&")).map((pair) => pair.split("=") as [string, string]);
  const shape = (raw: string, delimiter: string, itemDelimiter = delimiter): Value => {
    if (kind === "primitive") return decode(raw);
    const items = raw.split(delimiter);
    if (kind === "array") return items.map(decode);
    if (explode) return Object.fromEntries(items.map((item) => item.split("=").map(decode)));
    return splitPairs(raw.split(itemDelimiter).map(decode));
  };
  if (place === "header") {
    const raw = String(headers["x-p"]);
    if (kind === "primitive") return raw;
    if (kind === "array") return raw.split(",");
    return explode ? Object.fromEntries(raw.split(",").map((item) => item.split("="))) : splitPairs(raw.split(","));
  }
  if (place === "cookie") {
    const raw = String(headers.cookie).slice("x-p=".length);
    return shape(raw, ",");
  }
  if (place === "path") {
    const segment = path.slice("/r/".length);
    if (style === "simple") return shape(segment, ",");
    expect(segment[0]).toBe(style === "label" ? "." : ";");
    const rest = segment.slice(1);
    if (style === "label") return explode ? shape(rest, ".") : shape(rest, ",");
    if (explode && kind === "object") return shape(rest, ";");
    if (explode && kind === "array") return rest.split(";").map((item) => decode(item.slice("x-p=".length)));
    expect(rest.startsWith("x-p=")).toBe(true);
    return shape(rest.slice("x-p=".length), ",");
  }
  if (style === "deepObject")
    return Object.fromEntries(pairs.map(([name, value]) => [/^x-p\[(.*)\]$/s.exec(decode(name))![1], decode(value)]));
  if (style === "form" && explode) {
    if (kind === "object") return Object.fromEntries(pairs.map((pair) => pair.map(decode)));
    const values = pairs.map(([, value]) => decode(value));
    expect(pairs.every(([name]) => decode(name) === "x-p")).toBe(true);
    return kind === "array" ? values : values[0]!;
  }
  const delimiter = { form: ",", spaceDelimited: "%20", pipeDelimited: "%7C" }[style]!;
  return shape(pairs[0]![1], delimiter);
}

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  fc.constantFrom("a,b", "a b", "a|b", "a.b", "a;b", "a=b", "a&b", "a/b", "..", "%2e", "a+b", "#", "?", "100%", "ä"),
);
const safeKey = fc.stringMatching(/^[a-z]{1,4}$/);
const valuesOf: Readonly<Record<Kind, fc.Arbitrary<Value>>> = {
  primitive: anyText,
  array: fc.array(anyText, { minLength: 1, maxLength: 4 }),
  object: fc.dictionary(fc.oneof(safeKey, anyText), anyText, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
};

test("each style reaches the API as OpenAPI defines it; what it does not define is left out with a line", async () => {
  for (const chunk of ["path", "others"]) {
    const chosen = combinations.filter(({ place }) => (place === "path") === (chunk === "path"));
    const document = documentOf(
      Object.fromEntries(
        chosen.map(({ place, style, explode, kind }, index) => [
          place === "path" ? `/r/{x-p}/${index}` : `/q${index}`,
          {
            get: {
              operationId: `o${index}`,
              parameters: [{ name: "x-p", in: place, required: true, style, explode, schema: kinds[kind] }],
              responses: { 200: { description: "ok", ...json({}) } },
            },
          },
        ]),
      ),
    );
    await using site = await draftedSite(document);
    const left = new Map(site.api.leftOut.map(({ operation, text }) => [operation, text]));
    for (const [index, combination] of chosen.entries()) {
      const intent = site.app.manifest.intents.find(({ name }) => name === `o${index}`);
      expect(intent !== undefined, JSON.stringify(combination)).toBe(isDefined(combination));
      if (!intent) {
        const path = combination.place === "path" ? `/r/{x-p}/${index}` : `/q${index}`;
        expect(left.get(`GET ${path}`)).toMatch(/x-p/);
        continue;
      }
      const field = Object.keys((intent.input_schema as { properties: object }).properties)[0]!;
      await fc.assert(
        fc.asyncProperty(valuesOf[combination.kind], async (value) => {
          const { status, body, seen } = await site.call(`o${index}`, { [field]: value });
          if (status !== 200) {
            // A value that its style cannot tell apart is refused in words, and never sent as something else.
            expect({ status, body }).toMatchObject({ status: 422, body: { error: "invalid_input" } });
            expect(seen).toBeUndefined();
            return;
          }
          const url = combination.place === "path" ? seen!.url.replace(/\/\d+$/, "") : seen!.url;
          expect(read(combination, { ...seen!, url })).toEqual(
            combination.place === "header" && typeof value === "string" ? value.trim() : value,
          );
        }),
        { numRuns: 25 },
      );
    }
  }
});

test("ordinary values are never refused", async () => {
  const chosen = combinations.filter((combination) => isDefined(combination));
  const document = documentOf(
    Object.fromEntries(
      chosen.map(({ place, style, explode, kind }, index) => [
        place === "path" ? `/r/{x-p}/${index}` : `/q${index}`,
        {
          get: {
            operationId: `o${index}`,
            parameters: [{ name: "x-p", in: place, required: true, style, explode, schema: kinds[kind] }],
            responses: {},
          },
        },
      ]),
    ),
  );
  await using site = await draftedSite(document);
  const values = { primitive: "blue", array: ["blue", "black"], object: { R: "100", G: "200" } };
  for (const [index, { place, kind }] of chosen.entries()) {
    const field = place === "header" ? "x_p" : "x-p";
    expect((await site.call(`o${index}`, { [field]: values[kind] })).status).toBe(200);
  }
});

test("values can neither take another parameter's place nor the site's own credential", async () => {
  const document = documentOf(
    {
      "/a": {
        get: {
          operationId: "a",
          parameters: [
            { name: "filter", in: "query", schema: { type: "object", additionalProperties: text } },
            { name: "limit", in: "query", schema: text },
          ],
          responses: {},
        },
      },
    },
    { components: { securitySchemes: { key: { type: "apiKey", in: "query", name: "api_key" } } } },
  );
  await using site = await draftedSite(document);
  const spoofed = await site.call("a", { filter: { api_key: "mine", b: "1" } });
  expect(spoofed.seen?.url).toBe("/a?b=1&api_key=secret-0123456789");
  expect(await site.call("a", { filter: { limit: "9" }, limit: "1" })).toMatchObject({ status: 422, seen: undefined });
});
