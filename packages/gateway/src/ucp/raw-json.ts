import type { Random } from "../runtime/index.ts";

/**
 * Renders JSON in which some parts are texts already, byte for byte: what an agent answered is not taken apart to be told.
 *
 * @param build makes the value; `raw` stands for a text that is JSON
 */
export function renderJson(random: Random, build: (raw: (json: string) => unknown) => unknown): string {
  const mark = random.uuid();
  const texts: string[] = [];
  const value = build((json) => `${mark}:${texts.push(json) - 1}`);
  const text = JSON.stringify(value);
  return texts.length === 0
    ? text
    : text.replace(new RegExp(`"${mark}:(\\d+)"`, "g"), (_, index) => texts[Number(index)]!);
}
