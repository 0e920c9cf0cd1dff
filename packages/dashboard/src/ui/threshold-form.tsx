import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { en } from "../messages/en.ts";
import { dollarsIn } from "./dollars.ts";
import { Field, findingOf } from "./field.tsx";
import { TroubleBox } from "./trouble-box.tsx";

interface ThresholdFormProps {
  label: string;
  hint: string;
  /** As the body of the request calls it. */
  field: string;
  value: number | null;
  save: UseMutationResult<unknown, unknown, number>;
}

/** An amount of dollars from which somebody is told. */
export function ThresholdForm({ label, hint, field, value, save }: ThresholdFormProps) {
  const [typed, setTyped] = useState<string>();
  const [isWrong, setWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const dollars = dollarsIn(typed ?? `${value ?? ""}`);
    setWrong(dollars === undefined);
    if (dollars !== undefined) save.mutate(dollars);
  };
  const finding = findingOf(save.error, field);
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={label} hint={hint} error={isWrong ? en.notAnAmount : finding}>
        <input
          className="field max-w-40"
          inputMode="decimal"
          autoComplete="off"
          value={typed ?? `${value ?? ""}`}
          onChange={({ target }) => setTyped(target.value)}
        />
      </Field>
      <div className="flex items-center gap-3">
        <button type="submit" className="button" disabled={save.isPending}>
          {en.save}
        </button>
        <span role="status">{save.isSuccess && !save.isPending ? en.saved : ""}</span>
      </div>
      {save.isError && !finding && <TroubleBox error={save.error} />}
    </form>
  );
}
