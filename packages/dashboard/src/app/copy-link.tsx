import { Popover } from "@base-ui/react/popover";
import { useState } from "react";
import { en } from "../messages/en.ts";
import { gatewayNow } from "./gateway-clock.ts";
import { useKeys } from "./keys/use-keys.ts";
import { fixedLink, movingLink } from "./link-to-here.ts";
import { notify } from "./notice.tsx";
import { usePreferences } from "./preferences.ts";
import type { TimeRange } from "./time-range.ts";

/** A link to what is shown: by default it shows the same also later. */
export function CopyLink({ range }: { range: TimeRange }) {
  const { zone } = usePreferences();
  const [isOpen, setOpen] = useState(false);
  const copy = (link: string, said: string) => {
    setOpen(false);
    void navigator.clipboard.writeText(link).then(() => notify(said));
  };
  const copyFixed = () => copy(fixedLink(location.href, zone, gatewayNow()), en.link.fixedCopied);
  useKeys([{ keys: "c", does: en.link.copyFixed, run: copyFixed }]);
  if (range.kind === "fixed") {
    return (
      <button type="button" className="button" onClick={copyFixed}>
        {en.link.copy}
      </button>
    );
  }
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="button">{en.link.copy}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="end" className="z-20">
          <Popover.Popup
            aria-label={en.link.copy}
            className="flex w-72 flex-col gap-2 rounded-panel border border-edge bg-raised p-3"
          >
            <button type="button" className="button" onClick={copyFixed}>
              {en.link.fixed}
            </button>
            <button
              type="button"
              className="button"
              onClick={() => copy(movingLink(location.href, zone), en.link.movingCopied)}
            >
              {en.link.moving(en.ranges[range.name])}
            </button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
