/** What the person has. Asked for anew whenever an order moves; between that, live prices move the value. */

import { createMemo, createRoot, createSignal } from "solid-js";
import { ask } from "./api";
import { quote } from "./prices";
import type { Account, Position } from "./shapes";

const EVERY_MS = 30_000;

const [account, setAccount] = createSignal<Account | null>(null);
const [positions, setPositions] = createSignal<Position[]>([]);
export { account };

export const held = createRoot(() => createMemo(() => positions().filter((one) => one.shares > 0)));
export const heldSymbols = createRoot(() =>
  createMemo(() => held().map((one) => one.symbol), [], {
    equals: (a, b) => a.join() === b.join(),
  }),
);

let running: Promise<void> | null = null;
let again = false;

/** One request under way at a time; whatever asks meanwhile gets one more after it. */
export function refreshAccount(): Promise<void> {
  if (running) {
    again = true;
    return running;
  }
  running = load().finally(() => {
    running = null;
    if (again) {
      again = false;
      void refreshAccount();
    }
  });
  return running;
}

async function load(): Promise<void> {
  try {
    const [has, holds] = await Promise.all([
      ask<Account>("GET", "/account"),
      ask<Position[]>("GET", "/positions"),
    ]);
    setAccount(has);
    setPositions(holds);
  } catch {
    // the next event or the next round asks again; what is shown stays
  }
}

export function position(symbol: string): Position | undefined {
  return positions().find((one) => one.symbol === symbol);
}

/** The newest price known here, or else the broker's word. */
export function valueInCents(one: Position): number | null {
  const price = quote(one.symbol)()?.priceInCents ?? one.priceInCents;
  return price === null ? null : price * one.shares;
}

export function gainInCents(one: Position): number | null {
  const value = valueInCents(one);
  if (value === null || one.marketValueInCents === null || one.gainInCents === null) return null;
  return value - (one.marketValueInCents - one.gainInCents); // what it cost, exactly, is the broker's to know
}

export const equityInCents = createRoot(() =>
  createMemo(() => {
    const has = account();
    if (!has) return null;
    return held().reduce((sum, one) => sum + (valueInCents(one) ?? 0), has.cashInCents);
  }),
);

/** What today's price moves did to what is held now. */
export const dayChangeInCents = createRoot(() =>
  createMemo(() =>
    held().reduce((sum, one) => {
      const known = quote(one.symbol)();
      return known ? sum + (known.priceInCents - known.previousCloseInCents) * one.shares : sum;
    }, 0),
  ),
);

setInterval(() => {
  if (account() && !document.hidden) void refreshAccount();
}, EVERY_MS);
