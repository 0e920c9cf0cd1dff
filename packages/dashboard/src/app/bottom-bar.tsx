import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { en } from "../messages/en.ts";
import { Dialog } from "../ui/dialog.tsx";
import type { Place } from "./places.ts";
import { PlaceLink, Rail } from "./rail.tsx";

/** On a narrow screen: the pages that are used most, and all of them in a sheet. */
export function BottomBar({ places }: { places: readonly Place[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <nav
      aria-label={en.mostUsed}
      className="fixed inset-x-0 bottom-0 z-10 border-line border-t bg-paper pb-[env(safe-area-inset-bottom)] wide:hidden"
    >
      <ul className="flex">
        {places
          .filter(({ isInBar }) => isInBar)
          .map((place) => (
            <li key={place.to} className="min-w-0 flex-1">
              <PlaceLink place={place} isInBar />
            </li>
          ))}
        <li className="min-w-0 flex-1">
          <button type="button" className="bar-place" aria-haspopup="dialog" onClick={() => setOpen(true)}>
            <Ellipsis size={16} strokeWidth={1.75} aria-hidden="true" />
            {en.more}
          </button>
        </li>
      </ul>
      <Dialog title={en.navigation} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Rail places={places} onGo={() => setOpen(false)} />
      </Dialog>
    </nav>
  );
}
