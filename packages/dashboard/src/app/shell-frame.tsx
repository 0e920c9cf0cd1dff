import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { en } from "../messages/en.ts";
import { Glyph } from "../ui/glyph.tsx";
import { BottomBar } from "./bottom-bar.tsx";
import { keepFocus } from "./keep-focus.ts";
import { Notice } from "./notice.tsx";
import type { Place } from "./places.ts";
import { PreferencesPanel } from "./preferences-panel.tsx";
import { Rail } from "./rail.tsx";
import { ShellKeys } from "./shell-keys.tsx";
import { SignOut } from "./sign-out.tsx";

interface ShellFrameProps {
  places: readonly Place[];
  /** Whose pages these are. */
  whose: string;
  /** Whether rail and bar are dark in both themes. */
  isDark?: boolean;
}

const HEADER =
  "flex items-center justify-between border-line border-b px-4 py-3 wide:sticky wide:top-0 wide:h-dvh wide:flex-col wide:items-stretch wide:justify-start wide:gap-6 wide:border-r wide:border-b-0 wide:py-6";

/** What stands around every page: where one is, who one is, how one reads. */
export function ShellFrame({ places, whose, isDark = false }: ShellFrameProps) {
  useEffect(keepFocus, []);
  return (
    <div className="grid min-h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[auto_1fr_auto] wide:grid-cols-[13rem_minmax(0,1fr)] wide:grid-rows-[1fr]">
      <a href="#content" className="skip">
        {en.skip}
      </a>
      <header {...(isDark && DARK)} className={isDark ? `${HEADER} bg-sunken text-ink-1` : HEADER}>
        <a href="/" className="flex items-center gap-2 font-strong text-ink-1 no-underline">
          <Glyph /> AgentGate
        </a>
        <div className="min-h-0 overflow-y-auto max-wide:hidden">
          <Rail places={places} />
        </div>
        <div className="flex items-center gap-4 wide:mt-auto wide:flex-col wide:items-stretch">
          <PreferencesPanel />
          <div className="flex items-baseline justify-between gap-3">
            <span className="truncate">{whose}</span>
            <SignOut />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 px-4 pt-6 pb-24 outline-none wide:px-8 wide:pb-12">
        <Outlet />
      </main>
      <div {...(isDark && { ...DARK, className: "text-ink-1" })}>
        <BottomBar places={places} />
      </div>
      <Notice />
      <ShellKeys places={places} />
    </div>
  );
}

const DARK = { "data-theme": "dark" };
