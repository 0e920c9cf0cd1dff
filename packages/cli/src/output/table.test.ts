import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { escapeControls } from "./printable.ts";
import { type Column, renderFields, renderTable } from "./table.ts";

const columns: Column<[string, number]>[] = [
  { title: "name", value: ([name]) => name, shrinks: true },
  { title: "calls", value: ([, calls]) => `${calls}`, align: "right" },
];

test("columns are as wide as their content", () => {
  expect(
    renderTable(
      [
        ["echo", 5],
        ["calculator", 12_345],
      ],
      columns,
    ),
  ).toBe(["NAME        CALLS", "echo            5", "calculator  12345"].join("\n"));
});

test("wide characters take two columns", () => {
  const [, first, second] = renderTable(
    [
      ["日本語", 1],
      ["ab👩‍👩‍👧", 22],
    ],
    columns,
  ).split("\n");
  expect(stringWidth(first!)).toBe(stringWidth(second!));
});

test("a narrow terminal cuts the columns that may be cut, whole characters at a time", () => {
  const lines = renderTable(
    [
      ["日本語日本語日本語日本語", 1],
      ["x".repeat(50), 22],
    ],
    columns,
    { widthMax: 20 },
  ).split("\n");
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(20);
  expect(lines[1]).toBe("日本語日本語…      1");
  expect(lines[2]).toBe("xxxxxxxxxxxx…     22");
});

test("what has no room even cut is left out, the last columns first, the first that may be cut never", () => {
  const wide: Column<string>[] = [
    { title: "id", value: () => "x".repeat(20) },
    ...["name", "tags", "url"].map((title) => ({ title, value: (text: string) => text, shrinks: true })),
  ];
  const titles = (widthMax: number) =>
    renderTable(["y".repeat(30)], wide, { widthMax })
      .split("\n")[0]!
      .split(/ +/);
  expect(titles(50)).toEqual(["ID", "NAME", "TAGS", "URL"]);
  expect(titles(49)).toEqual(["ID", "NAME", "TAGS"]);
  expect(titles(30)).toEqual(["ID", "NAME"]);
  expect(titles(29)).toEqual(["ID"]);
});

test("no row is wider than the terminal, whatever stands in it", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "語", "👩‍👩‍👧", " ") });
  const column = fc.record({
    title: fc.constantFrom("id", "price", "name"),
    shrinks: fc.boolean(),
    texts: fc.tuple(text, text),
  });
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 6, max: 120 }),
      (made, widthMax) => {
        const columns = made.map(({ title, shrinks, texts }) => ({
          title,
          shrinks,
          value: (row: number) => texts[row]!,
        }));
        for (const line of renderTable([0, 1], columns, { widthMax }).split("\n"))
          expect(stringWidth(line)).toBeLessThanOrEqual(widthMax);
      },
    ),
  );
});

test("what must not be cut is whole or left out, however narrow the terminal", () => {
  const render = (widthMax: number) => renderTable([["x".repeat(50), 123_456_789]], columns, { widthMax });
  expect(render(19)).toContain("123456789");
  expect(render(18)).toBe(`NAME\n${"x".repeat(17)}…`);
});

test("text from elsewhere cannot control the terminal", () => {
  const evil = "a\u001b[2J\u001b]0;title\u0007b\u202ec\u009bd\ne";
  expect(renderTable([[evil, 1]], columns)).toContain("a\ufffd[2J\ufffd]0;title\ufffdb\ufffdc\ufffdd e");
  const titled = renderTable([1], [{ title: evil, value: () => "x" }]).replace("\n", " ");
  // A site's results name their members themselves.
  for (const printed of [renderFields([["Name", evil]]), renderFields([[evil, "x"]]), titled]) {
    for (const control of ["\u001b", "\u0007", "\u009b", "\u202e", "\n"]) expect(printed).not.toContain(control);
  }
});

test("JSON keeps its meaning with every control character escaped", () => {
  const value = { name: "a\u009b31m\u007f\u0080 é" };
  const json = escapeControls(JSON.stringify(value));
  expect(json).toBe('{"name":"a\\u009b31m\\u007f\\u0080 é"}');
  expect(JSON.parse(json)).toEqual(value);
});
