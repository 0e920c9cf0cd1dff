/** What stands for what was in it when that is gone. */
const PLACES = "section, aside, [role=dialog]";

const isDisabled = (element: Element): boolean => element.matches(":disabled");
const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

/**
 * Who goes by keys is never nowhere. What has the focus may be turned off while something is under way, and gets the focus
 * back with its return; or it is gone, and the part of the page that it was in has the focus, else the page's title.
 * Returns what ends it.
 */
export function keepFocus(): () => void {
  let last: { element: HTMLElement; within: readonly HTMLElement[]; wasDisabled: boolean } | undefined;
  let due: ReturnType<typeof setTimeout> | undefined;

  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    const within: HTMLElement[] = [];
    for (let up = target.parentElement; up; up = up.parentElement) if (up.matches(PLACES)) within.push(up);
    last = { element: target, within, wasDisabled: false };
  };
  /** Who presses beside everything means it. */
  const forget = () => {
    last = undefined;
  };
  const look = () => {
    due = undefined;
    if (!last || !isNowhere()) return;
    const { element, within, wasDisabled } = last;
    if (element.isConnected) {
      if (wasDisabled && !isDisabled(element)) element.focus({ preventScroll: true });
      return;
    }
    const place = within.find((one) => one.isConnected) ?? document.querySelector<HTMLElement>("main h1");
    if (!place) return;
    if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
    place.focus({ preventScroll: place.tagName !== "H1" });
  };
  /** Dialogs and pages that set the focus themselves have done so by then. */
  const lookSoon = () => {
    if (!last) return;
    // It loses the focus some moments later, and may be on again by then.
    if (isDisabled(last.element)) last.wasDisabled = true;
    if (isNowhere()) due ??= setTimeout(look, 50);
  };

  const observer = new MutationObserver(lookSoon);
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  document.addEventListener("focusin", onFocus);
  document.addEventListener("pointerdown", forget, true);
  return () => {
    observer.disconnect();
    clearTimeout(due);
    document.removeEventListener("focusin", onFocus);
    document.removeEventListener("pointerdown", forget, true);
  };
}
