/** What goes over the wire, as docs/ARCHITECTURE.md has it: camelCase, money in whole cents, times in RFC 3339. */

export type Side = "buy" | "sell";
export type OrderType = "market" | "limit";
export type Status = "pending" | "submitted" | "partially_filled" | "filled" | "pending_cancel" | "cancelled" | "failed";
export type Range = "1d" | "1w" | "1m" | "1y" | "all";

export interface Person {
  userId: string;
  email: string;
}

export interface SymbolSummary {
  symbol: string;
  name: string;
  priceInCents: number;
  previousCloseInCents: number;
  dayOpenInCents: number | null;
  dayHighInCents: number | null;
  dayLowInCents: number | null;
  dayVolume: number;
  stale: boolean;
  updatedAt: string;
  epoch: number;
  sequence: number;
}

export interface FoundSymbol {
  symbol: string;
  name: string;
  priceInCents: number;
}

export interface PriceEvent {
  symbol: string;
  priceInCents: number;
  numShares: number;
  dayVolume: number;
  timestamp: string;
  epoch: number;
  sequence: number;
}

export interface MarketStatus {
  open: boolean;
  opensAt: string | null;
  closesAt: string | null;
  now: string;
  feedLagMs: number | null;
}

export interface OrderBody {
  position: Side;
  symbol: string;
  numShares: number;
  priceInCents?: number;
}

export interface Order {
  orderId: string;
  position: Side;
  symbol: string;
  type: OrderType;
  numShares: number;
  priceInCents: number | null;
  status: Status;
  filledShares: number;
  averageFillPriceInCents: number | null;
  externalOrderId: string | null;
  reason: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface OrderEvent {
  time: string;
  what: string;
  result: string;
  actor: string;
  detail: string;
}

export interface CancelAnswer {
  ok: boolean;
  order: Order;
}

export interface Account {
  userId: string;
  cashInCents: number;
  heldInCents: number;
  buyingPowerInCents: number;
  positionsValueInCents: number;
  equityInCents: number;
  frozen: boolean;
}

export interface Position {
  symbol: string;
  shares: number;
  heldShares: number;
  averageCostInCents: number;
  priceInCents: number | null;
  marketValueInCents: number | null;
  gainInCents: number | null;
}

export interface Activity {
  activityId: string;
  type: "fill" | "transfer";
  time: string;
  symbol?: string;
  position?: Side;
  shares?: number;
  price?: string;
  amountInCents: number;
}

export interface Bar {
  time: string;
  openInCents: number;
  highInCents: number;
  lowInCents: number;
  closeInCents: number;
  volume: number;
}

export interface Worth {
  time: string;
  equityInCents: number;
  cashInCents: number;
  positionsValueInCents: number;
}

/** What was gained over a time. `endEquityInCents` is at the prices that the gain was worked out with. */
export interface Returns {
  endEquityInCents: number;
  gainInCents: number;
}

export interface Watchlist {
  watchlistId: string;
  name: string;
  symbols: string[];
}
