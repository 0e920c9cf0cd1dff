import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonValidator } from "./index.ts";

const parses = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(Buffer.from(bytes).toString("utf8"));
    return true;
  } catch {
    return false;
  }
};

/** The verdict on bytes that come in pieces of these lengths, over and over. */
function verdict(bytes: Uint8Array, pieces: readonly number[] = [bytes.length || 1], depthMax = 100_000): boolean {
  const validator = new JsonValidator(depthMax);
  let mayBe = true;
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, pieces[turn % pieces.length]!);
    mayBe = validator.add(bytes.subarray(at, at + length));
    at += length;
  }
  const isJson = validator.end();
  expect(mayBe || !isJson, "what cannot become JSON is none").toBe(true);
  return isJson;
}

const pieces = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

test.each([
  [
    "",
    " ",
    "\n\t\r ",
    "{}",
    "[]",
    " { } ",
    "[[],{}]",
    "[1,]",
    "[,1]",
    "{,}",
    '{"a":1,}',
    '{"a" : 1 , "b":[2]}',
    '{"a"}',
    "{a:1}",
  ],
  [
    "0",
    "-0",
    "01",
    "-01",
    "-",
    "+1",
    "1.",
    ".5",
    "1.5",
    "1e",
    "1e5",
    "1E+5",
    "1e-05",
    "1e+",
    "0e1",
    "0.0e-0",
    "1e400",
    "1 2",
    "1,2",
    "0x10",
  ],
  [
    "true",
    "tru",
    "truee",
    "false",
    "null",
    "nul",
    "nulll",
    "NaN",
    "Infinity",
    "undefined",
    "True",
    "[true false]",
    "[nullnull]",
  ],
  [
    '"',
    '""',
    '"a',
    '"\\"',
    '"\\""',
    '"\\u12"',
    '"\\u12G4"',
    '"\\ud800"',
    '"\\x41"',
    '"\\u00e9"',
    '"\t"',
    '"\u007f"',
    '"\u2028"',
    "'a'",
    '"a""b"',
    '"\\/\\b\\f\\n\\r\\t"',
  ],
  [
    "]",
    "}",
    "[}",
    "{]",
    "[[]",
    "[]]",
    "{}}",
    '{"a":[}',
    '{"a":{"b":]}',
    '[{"a":1}]]',
    "\ufeff{}",
    "\u00a01",
    "1\u00a0",
    "//a\n1",
    "[1]\0",
    '"\0"',
  ],
])("says of edges what JSON.parse says: %j, %j, …", (...texts) => {
  for (const text of texts as string[]) {
    const bytes = Buffer.from(text);
    expect([text, verdict(bytes), verdict(bytes, [1])]).toEqual([text, parses(bytes), parses(bytes)]);
  }
});

test("says of every JSON, however it is cut, that it is", () => {
  const json = fc.oneof(
    fc.json({ maxDepth: 6 }),
    fc.jsonValue().map((value) => JSON.stringify(value, null, 3)),
  );
  fc.assert(fc.property(json, pieces, (text, cuts) => verdict(Buffer.from(text), cuts) === parses(Buffer.from(text))));
});

test("says of JSON with bytes put in, taken out or changed what JSON.parse says", () => {
  const change = fc.record({
    at: fc.nat(),
    drop: fc.nat({ max: 2 }),
    put: fc.oneof(
      fc
        .constantFrom(...'{}[],:"\\u-+.eE0159truefalsn \n\t'.split(""), "\\ud83d", "\0", "\u001f")
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    ),
  });
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.array(change, { maxLength: 4 }), pieces, (text, changes, cuts) => {
      let bytes = Buffer.from(text);
      for (const { at, drop, put } of changes) {
        const from = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + drop)]);
      }
      expect(verdict(bytes, cuts)).toBe(parses(bytes));
    }),
    { numRuns: 3_000 },
  );
});

test("says of bytes of JSON's alphabet what JSON.parse says", () => {
  const alphabet = [
    ...Buffer.from('{}[],:"\\u-+.eE019tfn a '),
    0xe2,
    0x82,
    0xac,
    0xed,
    0xa0,
    0x80,
    0xff,
    0xef,
    0xbb,
    0xbf,
  ];
  const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((codes) => Buffer.from(codes));
  fc.assert(
    fc.property(text, pieces, (bytes, cuts) => verdict(bytes, cuts) === parses(bytes)),
    { numRuns: 5_000 },
  );
});

test("faults of the encoding may stand in strings only, wherever they are cut", () => {
  const faulty = fc.constantFrom([0xe2, 0x82], [0xed, 0xa0, 0x80], [0xff], [0xc3], [0xf0, 0x9f, 0x92], [0x80, 0x80]);
  fc.assert(
    fc.property(faulty, pieces, (fault, cuts) => {
      const inside = Buffer.from([...Buffer.from('["a'), ...fault, ...Buffer.from('"]')]);
      const outside = Buffer.from([...Buffer.from("["), ...fault, ...Buffer.from("1]")]);
      expect([verdict(inside, cuts), verdict(outside, cuts)]).toEqual([true, false]);
      expect([parses(inside), parses(outside)]).toEqual([true, false]);
    }),
  );
});

test("nesting is bounded exactly, and told from other faults", () => {
  const deep = (levels: number) => Buffer.from("[".repeat(levels) + "]".repeat(levels));
  const check = (bytes: Uint8Array) => {
    const validator = new JsonValidator(1_000);
    validator.add(bytes);
    return { isJson: validator.end(), tooDeep: validator.tooDeep };
  };
  expect(check(deep(1_000))).toEqual({ isJson: true, tooDeep: false });
  expect(check(deep(1_001))).toEqual({ isJson: false, tooDeep: true });
  expect(check(Buffer.from("[[1,]]"))).toEqual({ isJson: false, tooDeep: false });
  expect(verdict(Buffer.from("[1],".repeat(10).concat("1")), [3], 10)).toBe(false);
  expect(verdict(Buffer.from(`[${"[[[]]],".repeat(1_000)}1]`), [64], 4)).toBe(true);
});
