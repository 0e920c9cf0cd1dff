import { List } from "lucide-react";
import { expect, test } from "vitest";
import type { Place } from "../places.ts";
import { idsFor, pagesFor } from "./palette-entries.ts";

const place = (label: string): Place => ({ to: `/${label}`, label, icon: List, group: "traffic", letter: "x" });

test("pages are found by any part of their name, beginnings first", () => {
  const places = ["Agents", "Wallet", "All agents"].map(place);
  expect(pagesFor("ag", places).map(({ label }) => label)).toEqual(["Agents", "All agents"]);
  expect(pagesFor("  ", places)).toHaveLength(3);
  expect(pagesFor("zz", places)).toEqual([]);
});

test("an id is offered as what it can be; a word as nothing", () => {
  const uuid = "0190b1a4-1111-4111-8111-111111111111";
  expect(idsFor(` ${uuid} `).map(({ to, search }) => [to, search])).toContainEqual([
    "/dashboard/logs",
    { range: "90d", log: uuid },
  ]);
  expect(idsFor("0af7651916cd43dd8448eb211c80319c").map(({ search }) => search)).toEqual([
    { range: "90d", trace_id: "0af7651916cd43dd8448eb211c80319c" },
  ]);
  expect(idsFor("task-1234").map(({ search }) => search)).toContainEqual({ range: "90d", task_id: "task-1234" });
  for (const word of ["wallet", "an agent 1", "", "a1"]) expect(idsFor(word)).toEqual([]);
});
