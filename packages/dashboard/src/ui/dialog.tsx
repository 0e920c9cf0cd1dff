import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { en } from "../messages/en.ts";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose(): void;
  children: ReactNode;
}

/** Something to be decided before anything else. Esc, and a press beside it, close it. */
export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-20 bg-veil" />
        <Base.Popup className="fixed inset-x-4 top-[10dvh] z-30 mx-auto flex max-h-[80dvh] max-w-xl flex-col gap-4 overflow-y-auto rounded-panel border border-edge bg-raised p-6">
          <div className="flex items-baseline justify-between gap-4">
            <Base.Title className="text-section">{title}</Base.Title>
            <Base.Close className="button">{en.close}</Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
