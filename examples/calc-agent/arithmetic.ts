/**
 * Evaluates `+ - * / ^`, parentheses and decimal numbers with the usual precedence.
 * @throws Error that says what is wrong and where
 */
export function evaluate(expression: string): number {
  const tokens = expression.match(/\d+(?:\.\d+)?|\.\d+|[-+*/^()]|\S/g) ?? [];
  if (tokens.length > 1000) throw new Error("the expression is too long");
  let at = 0;
  const fail = (): never => {
    throw new Error(
      at < tokens.length ? `unexpected "${tokens[at]}" in "${expression}"` : `"${expression}" ends too early`,
    );
  };
  const accept = (...expected: string[]) => (expected.includes(tokens[at] ?? "") ? tokens[at++] : undefined);

  const primary = (): number => {
    if (accept("-")) return -power();
    if (accept("(")) {
      const value = sum();
      if (!accept(")")) fail();
      return value;
    }
    if (!/^[\d.]+$/.test(tokens[at] ?? "")) fail();
    return Number(tokens[at++]);
  };
  const power = (): number => {
    const base = primary();
    return accept("^") ? base ** power() : base;
  };
  const product = (): number => {
    let value = power();
    for (let operator = accept("*", "/"); operator; operator = accept("*", "/")) {
      value = operator === "*" ? value * power() : value / power();
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    for (let operator = accept("+", "-"); operator; operator = accept("+", "-")) {
      value = operator === "+" ? value + product() : value - product();
    }
    return value;
  };

  const value = sum();
  if (at < tokens.length) fail();
  if (!Number.isFinite(value)) throw new Error(`"${expression}" has no finite value`);
  return value;
}
