import { Popover } from "@base-ui/react/popover";
import { useState } from "react";
import { en } from "../../messages/en.ts";
import { Field } from "../../ui/field.tsx";
import { typedNames } from "./filter-names.ts";

const said = en.logs;
type TypedName = (typeof typedNames)[number];

/** A filter whose value one knows: an id, an address, a least duration. */
export function TypedFilter({ onApply }: { onApply(name: TypedName, value: string): void }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState<TypedName>("task_id");
  const [value, setValue] = useState("");
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="button">+ {said.add}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="start" className="z-40">
          <Popover.Popup aria-label={said.addHint} className="w-72 rounded-panel border border-edge bg-raised p-4">
            <form
              className="flex flex-col gap-3"
              onSubmit={(event) => {
                event.preventDefault();
                if (value.trim() === "") return;
                setOpen(false);
                setValue("");
                onApply(name, value.trim());
              }}
            >
              <Field label={said.addHint}>
                <select className="field" value={name} onChange={({ target }) => setName(target.value as TypedName)}>
                  {typedNames.map((one) => (
                    <option key={one} value={one}>
                      {said.names[one]}
                    </option>
                  ))}
                </select>
              </Field>
              <Field label={said.value}>
                <input
                  className="field"
                  value={value}
                  inputMode={name === "latency_min" ? "numeric" : "text"}
                  onChange={({ target }) => setValue(target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              </Field>
              <button type="submit" className="button button-primary self-start">
                {said.apply}
              </button>
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
