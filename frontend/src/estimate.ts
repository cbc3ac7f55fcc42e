/** What an order would cost and leave, before it is placed. The broker decides; this says it beforehand, in whole cents. */

import { account, position } from "./account";
import { centsOf, money, shares } from "./money";
import { isLive, quote } from "./prices";
import type { OrderBody, OrderType, Side } from "./shapes";

export interface Draft {
  side: Side;
  type: OrderType;
  shares: string;
  limit: string;
}

export interface Estimate {
  /** The order to send; null while the draft is none. */
  body: OrderBody | null;
  costInCents: number | null;
  /** null also while it would be refused for want of money or shares: then there is no after. */
  buyingPowerAfterInCents: number | null;
  /** What stands in the way, in words. */
  trouble: string | null;
}

const SHARES_MAX = 1_000_000;
const LIMIT_CENTS_MAX = 99_999_999;
const COLLAR = 0.05; // a market order never executes further than this from the last price

export function estimate(symbol: string, draft: Draft): Estimate {
  const numShares = atMost(SHARES_MAX, /^\d+$/.test(draft.shares.trim()) ? Number(draft.shares) : null) ?? 0;
  const limit = draft.type === "limit" ? atMost(LIMIT_CENTS_MAX, centsOf(draft.limit)) : null;
  const each = draft.type === "limit" ? limit : (quote(symbol)()?.priceInCents ?? null);
  const has = account();
  const cost = numShares && each !== null ? numShares * each : null;
  const excess = cost === null ? null : tooMuch(symbol, draft, numShares, cost);
  const after = cost === null || !has || excess ? null : has.buyingPowerInCents + (draft.side === "buy" ? -cost : cost);
  const trouble = malformed(draft, numShares, limit) ?? excess ?? (numShares ? notLive(symbol, draft) : null);
  const isWhole = numShares > 0 && (draft.type === "market" || limit !== null) && trouble === null;
  return { body: isWhole ? bodyOf(symbol, draft.side, numShares, limit) : null, costInCents: cost, buyingPowerAfterInCents: after, trouble };
}

function bodyOf(symbol: string, position: Side, numShares: number, limit: number | null): OrderBody {
  return limit === null ? { position, symbol, numShares } : { position, symbol, numShares, priceInCents: limit };
}

function atMost(most: number, value: number | null): number | null {
  return value !== null && value <= most ? value : null;
}

function malformed(draft: Draft, numShares: number, limit: number | null): string | null {
  if (draft.shares.trim() && !numShares) return "Whole shares, from 1 to 1,000,000, such as 25.";
  if (draft.type === "market" || !draft.limit.trim() || limit !== null) return null;
  if (centsOf(draft.limit) !== null) return `A limit price is at most ${money(LIMIT_CENTS_MAX)}.`;
  if (draft.limit.includes(",")) return "Cents come after a point, such as 12.50; a comma only before groups of three, such as 1,250.";
  return "A limit price is dollars and cents, such as 12.50.";
}

function tooMuch(symbol: string, draft: Draft, numShares: number, cost: number): string | null {
  const has = account();
  if (!has) return null;
  if (draft.side === "sell") {
    const mine = position(symbol);
    const free = (mine?.shares ?? 0) - (mine?.heldShares ?? 0);
    return numShares > free ? `You have ${shares(free)} free to sell.` : null;
  }
  const set = draft.type === "market" ? Math.ceil(cost * (1 + COLLAR)) : cost;
  if (set <= has.buyingPowerInCents) return null;
  const why = draft.type === "market" ? ": the estimated cost and the 5\u00a0% that a market order sets aside besides" : "";
  return `This needs ${money(set)}${why}. You have ${money(has.buyingPowerInCents)} free.`;
}

function notLive(symbol: string, draft: Draft): string | null {
  if (draft.type === "limit" || isLive(symbol)) return null;
  if (!quote(symbol)()) return "The price is not known yet. A limit order needs none.";
  return "The price is not live at this moment. A limit order needs none.";
}

/** A limit order that the last price already meets need not wait. */
export function isMet({ position, symbol, priceInCents }: OrderBody): boolean {
  const last = quote(symbol)()?.priceInCents;
  if (priceInCents === undefined || last === undefined) return false;
  return position === "buy" ? last <= priceInCents : last >= priceInCents;
}
