import { expect, test } from "vitest";
import type { Passage } from "./passage.ts";
import { PassingOn } from "./passing-on.ts";

const opened = () => new PassingOn({} as Passage, 1_000);

test("a caller has sixteen streams, and one that ends makes room", () => {
  const passingOn = opened();
  const agent = { id: "a", orgId: "owner" };
  const ends = Array.from({ length: 16 }, () => passingOn.takeStream("ann", agent));
  expect(() => passingOn.takeStream("ann", agent)).toThrow("One caller has 16 streams of MCP servers open at once");
  passingOn.takeStream("bob", agent);
  ends.pop()!();
  ends.push(passingOn.takeStream("ann", agent));
  for (const end of ends) end();
});

test("however many callers an owner's servers have, there are streams left for other owners', and none is lost", () => {
  const passingOn = opened();
  const ends: (() => void)[] = [];
  const take = (caller: string, orgId: string) => {
    const end = passingOn.takeStream(caller, { id: "a", orgId });
    ends.push(end);
  };
  for (let times = 0; times < 2; times++) {
    for (let stream = 0; stream < 256; stream++) take(`caller ${stream % 64}`, "loud");
    for (let stream = 0; stream < 2_000; stream++)
      expect(() => take(`another ${stream % 64}`, "loud")).toThrow("owner's agents have 256 streams");
    for (let stream = 0; stream < 16; stream++) take("ann", "quiet");
    for (const end of ends.splice(0)) end();
  }
});
