import { type ReactNode, useState } from "react";
import { en } from "../messages/en.ts";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { TroubleBox } from "./trouble-box.tsx";

interface ConfirmDialogProps {
  title: string;
  isOpen: boolean;
  onClose(): void;
  /** What the button says: what will be done. */
  action: string;
  onConfirm(): void;
  isBusy?: boolean;
  error?: unknown;
  /** What has to be typed first, where it cannot be undone. */
  name?: string;
  /** What it does, and what it does not. */
  children: ReactNode;
}

/** Asks before something that cannot be taken back; where much is lost, for a name. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, isOpen, onClose, action, onConfirm, isBusy = false, error, name, children } = props;
  const [typed, setTyped] = useState("");
  const mayGo = !isBusy && (name === undefined || typed === name);
  const close = () => {
    setTyped("");
    onClose();
  };
  return (
    <Dialog title={title} isOpen={isOpen} onClose={close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (mayGo) onConfirm();
        }}
      >
        <div>{children}</div>
        {name !== undefined && (
          <Field label={en.typeName(name)}>
            <input
              className="field"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
        )}
        {error !== undefined && error !== null && <TroubleBox error={error} />}
        <button type="submit" className="button self-start border-fail text-fail" disabled={!mayGo}>
          {action}
        </button>
      </form>
    </Dialog>
  );
}
