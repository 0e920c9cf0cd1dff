import { webhookEvents } from "@agentgate/protocol";
import { type ReactNode, useState } from "react";
import { en } from "../../messages/en.ts";
import { Field, findingOf } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";

const said = en.webhooks;

export interface EndpointFields {
  url: string;
  events: string[];
  description: string;
}

interface EndpointFormProps {
  initially: EndpointFields;
  action: string;
  isBusy: boolean;
  error: unknown;
  onSubmit(fields: EndpointFields): void;
  /** Further fields. */
  children?: ReactNode;
}

/** What an endpoint is: its address, of what it is told, and what it is for. */
export function EndpointForm({ initially, action, isBusy, error, onSubmit, children }: EndpointFormProps) {
  const [fields, setFields] = useState(initially);
  const set = (changes: Partial<EndpointFields>) => setFields((now) => ({ ...now, ...changes }));
  const toggle = (event: string) =>
    set({
      events: fields.events.includes(event) ? fields.events.filter((one) => one !== event) : [...fields.events, event],
    });
  const found = findingOf(error, "url") ?? findingOf(error, "description");
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) onSubmit(fields);
      }}
    >
      {children}
      <Field label={said.url} hint={said.urlHint} error={findingOf(error, "url")}>
        <input
          className="field"
          type="url"
          required
          placeholder="https://example.com/hooks"
          value={fields.url}
          onChange={({ target }) => set({ url: target.value })}
        />
      </Field>
      <fieldset>
        <legend className="font-strong">{said.events}</legend>
        <p className="pb-2 text-ink-2">{said.eventsHint}</p>
        <div className="grid grid-cols-1 gap-1 wide:grid-cols-2">
          {webhookEvents.map((event) => (
            <label key={event} className="flex items-center gap-2">
              <input type="checkbox" checked={fields.events.includes(event)} onChange={() => toggle(event)} />
              <code>{event}</code>
            </label>
          ))}
        </div>
      </fieldset>
      <Field label={said.description} hint={said.descriptionHint} error={findingOf(error, "description")}>
        <input
          className="field"
          maxLength={1_000}
          value={fields.description}
          onChange={({ target }) => set({ description: target.value })}
        />
      </Field>
      {error !== null && error !== undefined && found === undefined && <TroubleBox error={error} />}
      <button type="submit" className="button button-primary self-start" disabled={isBusy}>
        {action}
      </button>
    </form>
  );
}
