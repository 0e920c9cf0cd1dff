import type { Agent, AgentPreview, AgentVisibility } from "@agentgate/client";
import { skillWordsOf } from "@agentgate/protocol";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { en } from "../../../messages/en.ts";
import { Field, findingOf } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Price } from "../../../ui/values.tsx";
import { coveringPrice, type PricedSkill, PriceFields, pricesOf } from "../skills/price-fields.tsx";

const said = en.newAgent;
const SKILLS_MAX = 512;
const VISIBILITIES = ["public", "org", "granted"] as const satisfies readonly AgentVisibility[];

/** How it is offered; nothing is registered before this. */
export function RegisterForm({ preview, onRegistered }: { preview: AgentPreview; onRegistered(agent: Agent): void }) {
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const queries = useQueryClient();
  const [name, setName] = useState(shortText(preview.name, 200));
  const [price, setPrice] = useState("0");
  const [visibility, setVisibility] = useState<AgentVisibility>("public");
  const [agentKey, setAgentKey] = useState("");
  const [webhook, setWebhook] = useState("");
  const [credential, setCredential] = useState("");
  const [prices, setPrices] = useState<Record<string, string>>({});
  const isRenamed = name.trim() !== shortText(preview.name, 200);
  const register = useMutation({
    mutationFn: () => {
      const { url, card_url, protocol } = preview.registration;
      const isServer = protocol === "mcp";
      const fields = {
        pricePerTask: coveringPrice(prices, price),
        ...(Object.keys(prices).length > 0 &&
          (isServer ? { tools: { prices: pricesOf(prices) } } : { prices: pricesOf(prices) })),
        ...(protocol && { protocol }),
        ...(isServer && credential && { credential: { type: "bearer" as const, token: credential } }),
        visibility,
        ...(agentKey && { agentApiKey: agentKey }),
        ...(webhook && { webhookUrl: webhook }),
        ...(org && { orgId: org }),
      };
      if (card_url === undefined) return gateway.registerAgent(name.trim(), url!, fields);
      return gateway.registerAgentByCard(card_url, { ...fields, ...(isRenamed && { name: name.trim() }) });
    },
    onSuccess: (agent) => {
      void queries.invalidateQueries({ queryKey: ["agents"] });
      onRegistered(agent);
    },
  });
  const skills = pricedSkills(preview);
  const isBlocked = preview.protocol !== "plain" && preview.findings.some(({ code }) => BLOCKING.has(code));
  return (
    <Section title={said.terms}>
      <form
        className="grid max-w-xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!register.isPending) register.mutate();
        }}
      >
        <Field label={said.name} error={findingOf(register.error, "name")}>
          <input
            className="field"
            required
            maxLength={255}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
        <Field label={said.price} hint={said.priceHint} error={findingOf(register.error, "price_per_task")}>
          <input
            className="field"
            required
            inputMode="decimal"
            pattern="\d+(\.\d{1,6})?"
            value={price}
            onChange={({ target }) => setPrice(target.value)}
          />
        </Field>
        {skills.length > 0 && (
          <details open={Object.keys(prices).length > 0 || preview.protocol !== "a2a"}>
            <summary className="font-strong">{said.prices}</summary>
            <p className="py-2 text-ink-2">{preview.protocol === "site" ? said.sitePricesHint : said.pricesHint}</p>
            <PriceFields skills={skills} prices={prices} onChange={setPrices} price={price} error={register.error} />
            {coveringPrice(prices, price) > Number(price) && (
              <p className="mt-2 border-warn border-l-2 bg-warn-wash px-4 py-2">
                {en.skills.raises} <Price dollars={coveringPrice(prices, price)} />.
              </p>
            )}
          </details>
        )}
        {preview.registration.protocol === "mcp" && (
          <Field label={said.credential} hint={said.credentialHint} error={findingOf(register.error, "credential")}>
            <input
              className="field"
              type="password"
              autoComplete="off"
              maxLength={4_096}
              value={credential}
              onChange={({ target }) => setCredential(target.value)}
            />
          </Field>
        )}
        <Field label={said.visibility}>
          <select
            className="field"
            value={visibility}
            onChange={({ target }) => setVisibility(target.value as AgentVisibility)}
          >
            {VISIBILITIES.map((one) => (
              <option key={one} value={one}>
                {said.visibilities[one]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={said.agentKey} hint={said.agentKeyHint} error={findingOf(register.error, "agent_api_key")}>
          <input
            className="field"
            autoComplete="off"
            maxLength={512}
            value={agentKey}
            onChange={({ target }) => setAgentKey(target.value)}
          />
        </Field>
        <Field label={said.webhook} hint={said.webhookHint} error={findingOf(register.error, "webhook_url")}>
          <input
            className="field"
            type="url"
            maxLength={2_048}
            value={webhook}
            onChange={({ target }) => setWebhook(target.value)}
          />
        </Field>
        {register.isError && <TroubleBox error={register.error} />}
        {isBlocked && <p className="text-fail">{said.blocked}</p>}
        <button
          type="submit"
          className="button button-primary justify-self-start"
          disabled={isBlocked || register.isPending}
        >
          {said.register}
        </button>
      </form>
    </Section>
  );
}

/** What a registration refuses. */
const BLOCKING = new Set(["refused_address", "card_unusable"]);

/** Those that a task can name. */
const pricedSkills = ({ skills }: AgentPreview): PricedSkill[] => {
  const named = new Map<string, PricedSkill>();
  for (const skill of skills) {
    const words = skillWordsOf(skill);
    if (words && !named.has(words.id)) named.set(words.id, words);
  }
  return [...named.values()].slice(0, SKILLS_MAX);
};
