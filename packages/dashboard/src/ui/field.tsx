import { GatewayError } from "@agentgate/client";
import { cloneElement, type ReactElement, useId } from "react";

interface FieldProps {
  label: string;
  /** What it is for, in half a sentence. */
  hint?: string;
  /** What is wrong with what was given. */
  error?: string | undefined;
  children: ReactElement<{ id?: string; "aria-describedby"?: string; "aria-invalid"?: boolean }>;
}

/** A control with its label, its hint and what is wrong with it; ears hear all of it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-strong">
        {label}
      </label>
      {cloneElement(children, {
        id,
        ...(told && { "aria-describedby": told }),
        ...(error && { "aria-invalid": true }),
      })}
      {hint && (
        <span id={`${id}-hint`} className="text-ink-2">
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className="text-fail">
          {error}
        </span>
      )}
    </div>
  );
}

/** What the gateway found wrong with one field of a body (422), if that. */
export function findingOf(error: unknown, ...path: (string | number)[]): string | undefined {
  if (!GatewayError.isInstance(error)) return undefined;
  const wanted = ["body", ...path].join(".");
  return error.findings.find(({ loc }) => loc.join(".") === wanted)?.msg;
}
