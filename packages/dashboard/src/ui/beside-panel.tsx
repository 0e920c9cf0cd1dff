import type { ReactNode } from "react";

/** A list, and what is open of it beside it; where there is no room for both, instead of it. */
export const BesidePanel = ({ panel, children }: { panel: ReactNode; children: ReactNode }) =>
  panel ? (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
      <div className="min-w-0 max-full:hidden">{children}</div>
      {panel}
    </div>
  ) : (
    children
  );
