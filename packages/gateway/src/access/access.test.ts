import { describe, expect, test } from "vitest";
import { invalidApiKey } from "../http/index.ts";
import {
  actions,
  adminPrincipal,
  demandOwn,
  type ListedAction,
  may,
  organization,
  orgOf,
  orgPrincipal,
  scopeOf,
  subjectOf,
} from "./index.ts";

const [acme, globex] = [orgPrincipal("acme"), orgPrincipal("globex")];
const every: [string, ListedAction][] = Object.values(actions).map((action) => [action.name, action]);
const by = (access: string) => every.filter(([, action]) => action.access === access);

describe("the table of actions", () => {
  test("names each as things:verb, and what one name stands for is allowed to the same callers or to more", () => {
    for (const [name] of every) expect(name).toMatch(/^[a-z_]+:[a-z_]+$/);
    const reviews = every.filter(([name]) => name === "reviews:write").map(([, { right }]) => right);
    expect(reviews).toEqual(["owner", "anyone"]);
  });

  test.each([...by("public"), ...by("optional")])("%s is anybody's", (_, action) => {
    for (const caller of [undefined, acme, adminPrincipal]) {
      expect(may(caller, action)).toBe(true);
      expect(may(caller, action, organization("globex"))).toBe(true);
      expect(action.admit(caller, "::1")).toBe(caller);
    }
  });

  test.each(by("org"))("%s is the owner's and the admin's", (_, action) => {
    const own = organization("acme");
    const nobodys = { orgId: null };
    expect([undefined, acme, globex, adminPrincipal].map((caller) => may(caller, action, own))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect([undefined, acme, adminPrincipal].map((caller) => may(caller, action, nobodys))).toEqual([
      false,
      false,
      true,
    ]);
    expect([undefined, acme, adminPrincipal].map((caller) => may(caller, action))).toEqual([false, true, true]);
    expect(() => demandOwn(globex, action, own, "agent")).toThrow("Access denied to this agent");
    expect(() => demandOwn(acme, action, own, "agent")).not.toThrow();
    expect(() => action.admit(undefined, "::1")).toThrow(invalidApiKey());
    expect(action.admit(acme, "::1")).toBe(acme);
  });

  test.each(by("admin"))("%s is the admin's alone", (_, action) => {
    expect([undefined, acme, adminPrincipal].map((caller) => may(caller, action))).toEqual([false, false, true]);
    expect(may(acme, action, organization("acme"))).toBe(false);
    expect(() => action.admit(acme, "::1")).toThrow(invalidApiKey());
    expect(action.admit(adminPrincipal, "::1")).toBe(adminPrincipal);
  });
});

test("a caller is told from others by its organization, whichever of its keys it shows", () => {
  expect([acme, adminPrincipal, undefined].map(orgOf)).toEqual(["acme", undefined, undefined]);
  expect([acme, adminPrincipal].map(subjectOf)).toEqual(["acme", "admin"]);
  expect([acme, adminPrincipal].map(scopeOf)).toEqual(["org:acme", "admin"]);
});
