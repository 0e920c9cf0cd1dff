import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { describe, expect, test } from "vitest";
import { markdownHtml, readMarkdown, visibleText } from "./index.ts";

const html = (text: string) => markdownHtml(readMarkdown(text, fromMarkdown));
const ALLOWED =
  /^(?:<\/?(?:p|em|strong|code|pre|ul|ol|li|h3|h4|h5)>|<ol start="\d{1,9}">|<a href="https?:\/\/[^"<>\s]+" rel="nofollow ugc noopener">|<\/a>)$/;

/** Everything between `<` and `>`, of which no text has any. */
const tagsOf = (markup: string) => markup.match(/<[^>]*>?/g) ?? [];

describe("what a stranger writes", () => {
  test.each([
    ["# Big\n\n**b** *i* `c`", "<h3>Big</h3>\n<p><strong>b</strong> <em>i</em> <code>c</code></p>"],
    ["#### four\n\n##### five\n\n###### six\n\n# one", "<h3>four</h3>\n<h4>five</h4>\n<h5>six</h5>\n<h3>one</h3>"],
    ["- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["```sh\n<b>\n```", "<pre><code>&#60;b&#62;</code></pre>"],
    ["<script>alert(1)</script>", "<p>&#60;script&#62;alert(1)&#60;/script&#62;</p>"],
    ["<img src=x onerror=alert(1)>", "<p>&#60;img src=x onerror=alert(1)&#62;</p>"],
    ["[x](javascript:alert(1))", "<p>x</p>"],
    ["[x](/relative)", "<p>x</p>"],
    ["[x](data:text/html,a)", "<p>x</p>"],
    ["[your bank](https://evil.example/a)", link("https://evil.example/a", "your bank", "evil.example")],
    ["[bank.example](https://evil.example/)", link("https://evil.example/", "bank.example", "evil.example")],
    ["[x](https://bank.example@evil.example/)", link("https://bank.example@evil.example/", "x", "evil.example")],
    ["[x](https://b\u00e4nk.example)", link("https://xn--bnk-qla.example/", "x", "xn--bnk-qla.example")],
    ["<https://a.example/b>", link("https://a.example/b", "https://a.example/b")],
    ["![a map](https://a.example/m.png)", link("https://a.example/m.png", "a map", "a.example")],
    ["you pay \u202e00.0$", "<p>you pay ⟨U+202E⟩00.0$</p>"],
    ["> quoted", "<p>&#62; quoted</p>"],
    ["a\\\nb", "<p>a\nb</p>"],
    ["", ""],
  ])("%j is %j", (text, markup) => expect(html(text)).toBe(markup));

  test("becomes no other tag or attribute, hides nothing and is nested rightly, whatever it is", () => {
    const pieces = fc.constantFrom(
      ...[
        "*",
        "**",
        "_",
        "`",
        "```\n",
        "[",
        "](",
        ")",
        "![",
        "<",
        ">",
        "&",
        "&lt;",
        '"',
        "'",
        "\n",
        "\n\n",
        "# ",
        "- ",
      ],
      ...["1. ", "  ", "> ", "\\", "a", "é", "\u202e", "\u200b", "javascript:", "https://a.example/", " onclick=x "],
      ...["<script>", "</p>", "<a href='", "<!--", "-->", "|", "|-|-|", "<svg/onload=", "\t", "\u0000", "x".repeat(50)],
      ...['[a](https://a.example "', "style=", "[a]: https://b.example", "<https://a.example/\u202e>"],
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (given) => {
        const markup = html(given);
        const open: string[] = [];
        for (const tag of tagsOf(markup)) {
          expect(tag).toMatch(ALLOWED);
          const name = /[a-z0-9]+/.exec(tag)![0];
          if (!tag.startsWith("</")) open.push(name);
          else expect(open.pop()).toBe(name);
        }
        expect(open).toEqual([]);
        const said = markup.replace(/<[^>]*>/g, "");
        expect(said).not.toMatch(/[<>"'`]|&(?!#\d+;)/);
        expect(visibleText(said)).toBe(said);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    "1. ".repeat(3_000),
    "> - ".repeat(2_500),
    "*a_".repeat(3_300),
    "[a](".repeat(2_500),
    "    - a\n".repeat(1_200),
    `${"\n    1. <&&amp;".repeat(14)}${"x".repeat(9_000)}`,
    "x".repeat(5_000_000),
  ])("%# takes no long time", (text) => {
    const started = process.cpuUsage();
    const markup = html(text);
    const { user } = process.cpuUsage(started);
    expect(user).toBeLessThan(500_000);
    // What is cut says so, and what is too much to read as markdown is there as it was written.
    if (text.length > 10_000) expect(markup.endsWith("…</p>")).toBe(true);
    expect(markup.length).toBeLessThan(80_000);
  });
});

function link(url: string, said: string, host?: string): string {
  return `<p><a href="${url}" rel="nofollow ugc noopener">${said}</a>${host ? ` (${host})` : ""}</p>`;
}
