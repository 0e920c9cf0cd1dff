import { type ReactNode, useEffect, useRef } from "react";
import { en } from "../messages/en.ts";

/** Where there is no room beside a list it lies over it. */
const COVERS = matchMedia("(width < 80rem)");

interface SidePanelProps {
  title: string;
  onClose(): void;
  children: ReactNode;
}

/** What is known of one row, beside the list that it is of; over it on a narrow screen. The page gives it `26rem` of a grid. */
export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!COVERS.matches) return;
    const before = document.activeElement;
    ref.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <aside
      ref={ref}
      tabIndex={-1}
      aria-label={title}
      className="min-w-0 overflow-y-auto border-edge bg-paper pt-3 outline-none full:border-ink-1 full:border-t max-full:fixed max-full:inset-y-0 max-full:right-0 max-full:z-20 max-full:w-full max-full:max-w-md max-full:border-l max-full:px-4 max-full:pb-24 full:sticky full:top-0 full:max-h-dvh full:self-start full:pb-12"
    >
      <div className="flex items-baseline justify-between gap-3 pb-3">
        <h2 className="text-body">{title}</h2>
        <button type="button" className="button" onClick={onClose}>
          {en.close}
        </button>
      </div>
      {children}
    </aside>
  );
}
