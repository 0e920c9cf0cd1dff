import type { ReactNode } from "react";

interface FigureProps {
  name: string;
  /** What it was before, or what belongs to it. */
  aside?: ReactNode;
  /** Something is the matter. */
  isBad?: boolean;
  children: ReactNode;
}

/** One of a page's large figures, in a `dl`. */
export const Figure = ({ name, aside, isBad = false, children }: FigureProps) => (
  <div className="border-ink-1 border-t pt-2">
    <dt className="text-ink-2">{name}</dt>
    <dd className={`font-strong text-section wide:text-title ${isBad ? "text-fail" : ""}`}>{children}</dd>
    {aside !== undefined && <dd className="text-ink-2">{aside}</dd>}
  </div>
);
