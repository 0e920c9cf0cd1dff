import { canonicalJson } from "@agentgate/protocol/a2a";
import { expect, test } from "vitest";
import { signedTexts } from "./card-signer.ts";

/** All of it, and in how many pieces. */
function drawn(...cards: Parameters<typeof signedTexts>) {
  const work = signedTexts(...cards);
  for (let pieces = 1; ; pieces++) {
    const { done, value } = work.next();
    if (done) return { texts: value as Set<string>, pieces };
  }
}

const skills = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, n) => ({ name: `n${n}`, id: `s${n}`, tags: [], description: "x".repeat(bytes) }));

test("what is signed is the canonical text of the card, and of what 1.0 knows of it without what is empty", () => {
  const card = {
    version: "1",
    name: "n",
    extra: { b: 1, a: [null, { z: 1, y: undefined }] },
    skills: skills(3),
    gone: undefined,
  };
  expect([...drawn(card, card).texts]).toEqual([
    canonicalJson(card),
    canonicalJson({ name: "n", version: "1", skills: card.skills.map(({ tags: _, ...skill }) => skill) }),
  ]);
  expect(drawn({ name: "n", skills: [], provider: {} }, { name: "n" }).texts).toEqual(
    new Set(['{"name":"n","provider":{},"skills":[]}', '{"name":"n"}']),
  );
});

test.each([
  ["many", skills(10_000)],
  ["large", skills(20, 65_536)],
])("a card with %s skills is drawn in pieces", (_, skills) => {
  const card = { name: "n", version: "1", skills };
  const { texts, pieces } = drawn(card, card);
  expect(texts.size).toBe(2);
  expect(pieces).toBeGreaterThan(30);
});
