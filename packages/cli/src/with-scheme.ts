/** `myshop.com` is https, `localhost:8000` is http; undefined where it is no address at all. */
export function withScheme(address: string): string | undefined {
  if (/^https?:\/\//i.test(address)) return address;
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/i.test(address) ? "http" : "https";
  const url = `${scheme}://${address}`;
  return /^[a-z]+:\/\//i.test(address) || !URL.canParse(url) ? undefined : url;
}
