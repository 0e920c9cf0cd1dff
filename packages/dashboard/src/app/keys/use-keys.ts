import { useEffect, useRef } from "react";
import { preferencesNow } from "../preferences.ts";
import { type KeyBinding, Keymap, type KeyScope } from "./keymap.ts";

/** Of this page. */
export const keymap = new Keymap();

/** Binds keys for as long as the component stands; what they do is what the last render said. */
export function useKeys(bindings: readonly KeyBinding[], scope: KeyScope = "page"): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  const names = bindings.map(({ keys, does }) => `${keys}\n${does}`).join("\0");
  useEffect(() => {
    const all = names === "" ? [] : names.split("\0").map((name) => name.split("\n") as [string, string]);
    return keymap.bind(
      scope,
      all.map(([keys, does]) => ({
        keys,
        does,
        run: () => latest.current.find((one) => one.keys === keys)?.run(),
      })),
    );
  }, [names, scope]);
}

const WRITES_NOTHING = /^(?:button|checkbox|color|file|image|radio|range|reset|submit)$/;

/** Whether what is pressed is written somewhere, or chooses there. */
function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !WRITES_NOTHING.test(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat === undefined) return;
  const { key, altKey, ctrlKey, metaKey } = event;
  const hasCommand = ctrlKey || metaKey;
  if (!hasCommand && isWriting(event.target)) return;
  // A dialog has keys of its own.
  if (document.querySelector("[role=dialog]:not([data-keys])")) return;
  const pressed = { key, hasCommand, hasOther: altKey, atMs: event.timeStamp };
  const binding = keymap.find(pressed, preferencesNow().letters === "on");
  if (!binding) return;
  event.preventDefault();
  binding.run();
}

/** Listens for keys, once for the whole page. */
export function useKeyListener(): void {
  useEffect(() => {
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
