import { en } from "../messages/en.ts";

export type StateName = keyof typeof SHAPES;

/** A state is a shape and a word; its colour adds to it, and only where something is the matter. */
const SHAPES = {
  ok: <circle cx="6" cy="6" r="3" fill="var(--ink-3)" />,
  running: <circle cx="6" cy="6" r="4" fill="none" stroke="var(--accent)" strokeWidth="1.75" />,
  slow: <path d="M6 1.5 11 10.5H1Z" fill="none" stroke="var(--warn)" strokeWidth="1.5" />,
  failed: <path d="m2.5 2.5 7 7m0-7-7 7" fill="none" stroke="var(--fail)" strokeWidth="2" />,
  unknown: <circle cx="6" cy="6" r="3.5" fill="none" stroke="var(--ink-3)" strokeWidth="1.25" />,
} as const;

const TEXTS: Partial<Record<StateName, string>> = { running: "text-accent", slow: "text-warn", failed: "text-fail" };

export function State({ is, word = en.states[is] }: { is: StateName; word?: string }) {
  return (
    <span className={`inline-flex items-baseline gap-1.5 whitespace-nowrap ${TEXTS[is] ?? ""}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" className="shrink-0 self-center">
        {SHAPES[is]}
      </svg>
      {word}
    </span>
  );
}
