import { describe, expect, test } from "vitest";
import { type KeyBinding, Keymap } from "./keymap.ts";

const pressed = (key: string, more: object = {}) => ({ key, hasCommand: false, hasOther: false, atMs: 0, ...more });
const bound = (...keys: string[]): KeyBinding[] => keys.map((one) => ({ keys: one, does: `does ${one}`, run() {} }));

describe("keys", () => {
  test("of a page go before those of everywhere, and are there no more when it is left", () => {
    const keymap = new Keymap();
    const [own] = bound("c");
    const leave = keymap.bind("page", [own!]);
    const [shell] = bound("c");
    keymap.bind("everywhere", [shell!]);
    expect(keymap.find(pressed("c"), true)).toBe(own);
    expect([keymap.list("page"), keymap.list("everywhere")]).toEqual([[own], []]);
    leave();
    expect(keymap.find(pressed("c"), true)).toBe(shell);
  });

  test("come in twos, soon after each other", () => {
    const keymap = new Keymap();
    keymap.bind("everywhere", bound("g l", "l"));
    expect(keymap.find(pressed("g"), true)).toBeUndefined();
    expect(keymap.find(pressed("l", { atMs: 1_000 }), true)?.keys).toBe("g l");
    expect(keymap.find(pressed("l", { atMs: 1_100 }), true)?.keys).toBe("l");
    keymap.find(pressed("g"), true);
    expect(keymap.find(pressed("l", { atMs: 2_000 }), true)?.keys).toBe("l");
    keymap.find(pressed("g"), true);
    keymap.find(pressed("x"), true);
    expect(keymap.find(pressed("l"), true)?.keys).toBe("l");
  });

  test("that write something can be turned off, and others stay", () => {
    const keymap = new Keymap();
    keymap.bind("everywhere", bound("g l", "?", "Escape", "Ctrl K"));
    expect(keymap.find(pressed("?"), false)).toBeUndefined();
    keymap.find(pressed("g"), false);
    expect(keymap.find(pressed("l"), false)).toBeUndefined();
    expect(keymap.find(pressed("Escape"), false)?.keys).toBe("Escape");
    expect(keymap.find(pressed("k", { hasCommand: true }), false)?.keys).toBe("Ctrl K");
    expect(keymap.find(pressed("k", { hasOther: true }), true)).toBeUndefined();
  });
});
