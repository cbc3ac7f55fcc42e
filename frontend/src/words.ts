/** Orders and what happened to them, in plain words. */

import { money, shares } from "./money";
import type { Activity, Order, OrderBody, OrderEvent, Status } from "./shapes";

type Wish = Pick<OrderBody, "position" | "symbol" | "numShares"> & { priceInCents?: number | null };

/** `Buy 10 META at the market's price`. */
export function wish({ position, numShares, symbol, priceInCents }: Wish): string {
  const what = `${position === "buy" ? "Buy" : "Sell"} ${numShares} ${symbol}`;
  if (priceInCents == null) return `${what} at the market\u2019s price`;
  return `${what} at ${money(priceInCents)} or ${position === "buy" ? "less" : "more"}`;
}

const STATUS: Record<Status, string> = {
  pending: "Not confirmed yet",
  submitted: "Open",
  partially_filled: "Partly filled",
  filled: "Filled",
  pending_cancel: "Being cancelled",
  cancelled: "Cancelled",
  failed: "Not placed",
};

export function status(order: Order): string {
  if (order.status === "cancelled" && order.filledShares > 0) return "Rest cancelled";
  return STATUS[order.status];
}

const REASONS: Record<string, string> = {
  cancelled_by_person: "you cancelled it",
  no_more_liquidity: "no more shares were on offer within 5\u00a0% of the price",
  closed_by_exchange: "the exchange closed it",
  lost_by_exchange: "the exchange lost it",
  never_reached_exchange: "it never reached the exchange",
  refused: "the exchange refused it",
  unknown_symbol: "the exchange does not trade this symbol",
  bad_price: "the exchange does not take this price",
  bad_shares: "the exchange does not take this number of shares",
  not_after_passed: "it reached the exchange too late",
  market_closed: "the market was closed",
};

export function reason(order: Order): string | null {
  if (order.reason === null || order.status === "filled") return null;
  return REASONS[order.reason] ?? order.reason.replaceAll("_", " ");
}

/** One sentence about how an order stands. */
export function standing(order: Order): string {
  const why = reason(order);
  const because = why ? `: ${why}` : "";
  switch (order.status) {
    case "pending":
      return "The exchange has not confirmed it yet. It is kept safe; this line changes as soon as it is settled.";
    case "submitted":
      return order.priceInCents === null ? "The exchange has it." : "The exchange has it. It fills when the price is reached.";
    case "partially_filled":
      return `${order.filledShares} of ${order.numShares} filled at ${average(order)}.`;
    case "filled":
      return `All ${shares(order.numShares)} filled at ${average(order)}.`;
    case "pending_cancel":
      return "You cancelled it; the exchange has not confirmed that yet. Until then it may still fill.";
    case "cancelled":
      return `${order.filledShares ? `${order.filledShares} of ${order.numShares} filled, the rest cancelled` : "Cancelled"}${because}.`;
    case "failed":
      return `Not placed${because}. Nothing was bought or sold.`;
  }
}

function average(order: Order): string {
  const price = order.averageFillPriceInCents;
  return price === null ? "an unknown price" : `${money(price)}${order.filledShares > 1 ? " on average" : ""}`;
}

const EVENTS: Record<string, string> = {
  placed: "Order taken; what it needs was set aside.",
  accepted: "The exchange took it.",
  refused: "The exchange refused it.",
  never_had: "The exchange never had it.",
  fill_some_left: "Part of it was filled.",
  fill_none_left: "Filled; nothing is left.",
  cancel_asked: "Cancelling was asked for.",
  closed_by_exchange: "The exchange closed it.",
};

const ACTORS: Record<string, string> = { you: "you", operator: "the operator" };

export function event(row: OrderEvent): string {
  const what = EVENTS[row.what] ?? `${row.what.replaceAll("_", " ")}.`;
  return row.detail ? `${what} The operator looks at it: ${row.detail}` : what;
}

/** Who did it, where that is a person; of the exchange the sentence itself says so, and which part of the broker heard it is nobody's concern. */
export function actor(row: OrderEvent): string {
  return ACTORS[row.actor] ?? "";
}

export function activity(row: Activity): string {
  if (row.type === "transfer") return row.amountInCents < 0 ? "Paid out" : "Paid in";
  return `${row.position === "buy" ? "Bought" : "Sold"} ${row.shares} ${row.symbol} at $${row.price}`;
}
