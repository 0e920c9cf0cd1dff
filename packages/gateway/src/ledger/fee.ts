import type { MicroDollars } from "@agentgate/protocol";

const million = 1_000_000n;

/**
 * The platform's share of a price, rounded half to even in micro-dollars; the receiver gets the rest, so that fee + net is
 * the price exactly (gateway contract, section 6).
 * @param share a fraction from 0 to 1 with at most six decimals: 0.025 is 2.5 %
 */
export function feeOf(price: MicroDollars, share: number): { fee: MicroDollars; net: MicroDollars } {
  const partsPerMillion = BigInt(Math.round(share * 1e6));
  if (partsPerMillion < 0n || partsPerMillion > million) throw new RangeError(`not a share of a price: ${share}`);
  if (price < 0n) throw new RangeError(`a negative price: ${price}`);
  const product = price * partsPerMillion;
  const floor = product / million;
  const twiceRest = (product % million) * 2n;
  const roundsUp = twiceRest > million || (twiceRest === million && floor % 2n === 1n);
  const fee = roundsUp ? floor + 1n : floor;
  return { fee, net: price - fee };
}
