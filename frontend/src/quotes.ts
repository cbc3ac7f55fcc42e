/** What is known of each symbol: its summary, moved on by the prices that come. Of two prices the newer one is kept, whichever came first. */

import { type Accessor, createRoot, createSignal, type Signal } from "solid-js";
import type { PriceEvent, SymbolSummary } from "./shapes";

export interface Quote extends SymbolSummary {
  /** Which connection brought the price; 0: none, it was asked for. */
  connection: number;
}

const quotes = new Map<string, Signal<Quote | undefined>>();

export function quote(symbol: string): Accessor<Quote | undefined> {
  return signalOf(symbol)[0];
}

export function keepSummary(summary: SymbolSummary): void {
  const [known, set] = signalOf(summary.symbol);
  const before = known();
  if (before && isNewer(before, summary)) {
    const { priceInCents, dayVolume, epoch, sequence, updatedAt } = before;
    set({ ...summary, priceInCents, dayVolume, epoch, sequence, updatedAt, connection: before.connection });
  } else {
    set({ ...summary, connection: before?.connection ?? 0 });
  }
}

/** `connection`: which brought it, 0 when that is no more. False: it waits for its summary. */
export function keepPrice(price: PriceEvent, connection: number): boolean {
  const [known, set] = signalOf(price.symbol);
  const before = known();
  if (!before) return false;
  if (isNewer(before, price)) {
    set({ ...before, connection }); // asked for meanwhile, and fresher
    return true;
  }
  const { priceInCents, dayVolume, epoch, sequence, timestamp } = price;
  set({
    ...before,
    priceInCents,
    dayVolume,
    epoch,
    sequence,
    updatedAt: timestamp,
    dayHighInCents: Math.max(before.dayHighInCents ?? priceInCents, priceInCents),
    dayLowInCents: Math.min(before.dayLowInCents ?? priceInCents, priceInCents),
    connection,
  });
  return true;
}

/** The line that brought its price brings no more of it. */
export function letGo(symbol: string): void {
  const [known, set] = signalOf(symbol);
  if (known()) set({ ...known()!, connection: 0 });
}

function signalOf(symbol: string): Signal<Quote | undefined> {
  let known = quotes.get(symbol);
  if (!known) quotes.set(symbol, (known = createRoot(() => createSignal<Quote | undefined>(undefined))));
  return known;
}

function isNewer(one: { epoch: number; sequence: number }, other: { epoch: number; sequence: number }): boolean {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.sequence > other.sequence);
}
