import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** More steps than any page has places to stop at. */
const STEPS_MAX = 150;
/** For what never comes, not for what is slow. */
const NEVER_MS = 180_000;

/**
 * Why who looks cannot see what has the focus; nothing where it is seen. Containers that were given the focus so that reading
 * goes on there need no ring: all that is seen is theirs.
 */
const UNSEEN = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "nothing has the focus";
  const is = at.outerHTML.slice(0, 160);
  if (at.matches("main, aside")) return "";
  const hasRing = [at, at.closest("label")].some((one) => {
    const { outlineStyle, outlineWidth, outlineColor } = one ? getComputedStyle(one) : {};
    return one && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\\)$|transparent/.test(outlineColor);
  });
  if (!hasRing) return "no ring: " + is;
  const { left, right, top, bottom } = (at.closest("label") ?? at).getBoundingClientRect();
  if (right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight) return "out of sight: " + is;
  return "";
})()`;

/** Who has no mouse: every step is a key, and after each what has the focus is looked at. */
export class Keyboard {
  readonly page: Page;
  /** Where the focus could not be seen. */
  readonly unseen: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(NEVER_MS);
  }

  /** Goes on, stop by stop, to this. */
  async to(target: Locator): Promise<void> {
    await target.first().waitFor();
    for (let step = 0; step < STEPS_MAX; step++) {
      await this.page.keyboard.press("Tab");
      await this.#look();
      if (await this.#isAt(target)) return;
    }
    throw new Error(`no stop at ${target} in ${STEPS_MAX} steps`);
  }

  /** Presses keys that lead elsewhere or change something, and waits until the focus is somewhere. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Writes over what stands in the field. */
  async write(text: string): Promise<void> {
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.type(text);
  }

  /** That the focus is somewhere, and seen: at the latest when what is under way is over. */
  async isSomewhere(): Promise<void> {
    await expect.poll(() => this.page.evaluate(UNSEEN)).toBe("");
  }

  async #look(): Promise<void> {
    const why = (await this.page.evaluate(UNSEEN)) as string;
    if (why !== "") this.unseen.push(`${new URL(this.page.url()).pathname}: ${why}`);
  }

  async #isAt(target: Locator): Promise<boolean> {
    return (await target.and(this.page.locator(":focus")).count()) > 0;
  }
}
