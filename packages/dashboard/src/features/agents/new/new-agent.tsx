import type { Agent } from "@agentgate/client";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { troubleOf } from "../../../app/trouble.ts";
import { en } from "../../../messages/en.ts";
import { Command } from "../../../ui/command.tsx";
import { Field } from "../../../ui/field.tsx";
import { Page } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { previewQuery } from "../agents-api.ts";
import { PreviewReport } from "./preview-report.tsx";
import { RegisterForm } from "./register-form.tsx";
import { Registered } from "./registered.tsx";

const said = en.newAgent;

const asCommand = (url: string) => `curl -s ${location.origin}/agents/preview \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '${JSON.stringify({ url }).replaceAll("'", "'\\''")}'`;

/** An address, then what lives there, then how it is offered; a test call at the end. What is looked at stands in the address. */
export function NewAgent() {
  const { url } = useSearch({ strict: false }) as PlainSearch;
  const [agent, setAgent] = useState<Agent>();
  const navigate = useNavigate();
  const startAnew = () => {
    setAgent(undefined);
    void navigate({ to: ".", search: ({ url: _url, ...rest }: PlainSearch) => rest });
  };
  return (
    <Page title={said.title}>
      {agent ? (
        <Registered agent={agent} onAnother={startAnew} />
      ) : (
        <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
          <AddressForm key={url} url={url} />
          {url !== undefined && <Looked url={url} onRegistered={setAgent} />}
        </div>
      )}
    </Page>
  );
}

function AddressForm({ url = "" }: { url: string | undefined }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(url);
  return (
    <form
      className="grid max-w-xl gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, url: typed.trim() }) });
      }}
    >
      <Field label={said.address} hint={said.addressHint}>
        <input
          className="field"
          type="text"
          inputMode="url"
          placeholder="https://agent.example.com"
          required
          maxLength={2_048}
          spellCheck={false}
          autoComplete="off"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </Field>
      <button type="submit" className="button button-primary justify-self-start">
        {said.look}
      </button>
    </form>
  );
}

function Looked({ url, onRegistered }: { url: string; onRegistered(agent: Agent): void }) {
  const preview = useQuery(previewQuery(url));
  if (preview.isPending) {
    return (
      <p role="status" className="text-ink-2">
        {said.looking}
      </p>
    );
  }
  if (preview.isError) {
    const isBarred = troubleOf(preview.error).code === "insufficient_scope";
    return (
      <div className="grid gap-2">
        <TroubleBox error={preview.error} onRetry={() => void preview.refetch()} />
        {isBarred && <p className="text-ink-2">{said.notAllowed}</p>}
      </div>
    );
  }
  return (
    <>
      <PreviewReport preview={preview.data} onAgain={() => void preview.refetch()} />
      <Command>{asCommand(url)}</Command>
      <RegisterForm preview={preview.data} onRegistered={onRegistered} />
    </>
  );
}
