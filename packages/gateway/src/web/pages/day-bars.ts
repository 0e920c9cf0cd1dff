import { formatCount } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";

/** One UTC day: how often something was tried, and how often it failed. */
export interface DayCount {
  /** `2026-11-30` */
  day: string;
  all: number;
  failed: number;
}

const STEP = 4;
const HEIGHT = 16;

/**
 * Days beside each other, oldest first. A good day is a thin line, one with failures a thick bar, as far up as they were many; one without
 * anything a dot: they differ without colour too.
 *
 * @param what each day counts: `calls`, `pings`
 */
export function dayBars(days: readonly DayCount[], what: string): Html {
  const paths = { good: "", bad: "", none: "" };
  days.forEach(({ all, failed }, at) => {
    const x = at * STEP + STEP / 2;
    if (all === 0) paths.none += `M${x} ${HEIGHT - 2}v2`;
    else {
      paths.good += `M${x} 0v${HEIGHT}`;
      const height = failed === 0 ? 0 : Math.max(3, Math.round((failed / all) * HEIGHT));
      if (height > 0) paths.bad += `M${x} ${HEIGHT}v-${height}`;
    }
  });
  const width = days.length * STEP;
  return html`<svg viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" class="max-w-full" role="img" aria-label="${spoken(days, what)}">${
    paths.none !== "" && html`<path class="stroke-edge" stroke-width="1.5" d="${paths.none}"/>`
  }${paths.good !== "" && html`<path class="stroke-ink-3" stroke-width="1" d="${paths.good}"/>`}${
    paths.bad !== "" && html`<path class="stroke-fail" stroke-width="3" d="${paths.bad}"/>`
  }</svg>`;
}

function spoken(days: readonly DayCount[], what: string): string {
  const all = days.reduce((sum, day) => sum + day.all, 0);
  if (all === 0) return `No ${what} in ${days.length} days`;
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const bad = days.filter((day) => day.failed > 0);
  const when = bad.length === 0 ? "" : `, on ${bad.length === 1 ? bad[0]!.day : `${bad.length} days`}`;
  return `${formatCount(all, "en")} ${what} in ${days.length} days, ${formatCount(failed, "en")} failed${when}`;
}
