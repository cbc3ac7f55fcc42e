/** What the person has. Asked for anew whenever an order moves; between that, live prices move the value. */

import { batch, createMemo, createRoot, createSignal, onCleanup, onMount } from "solid-js";
import { ask } from "./api";
import { quote } from "./prices";
import type { Account, Position, Returns } from "./shapes";

const EVERY_MS = 30_000;

const [account, setAccount] = createSignal<Account | null>(null);
const [positions, setPositions] = createSignal<Position[]>([]);
const [day, setDay] = createSignal<Returns | null>(null);
export { account };

let dayWatchers = 0;

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
    const [has, holds, gained] = await Promise.all([
      ask<Account>("GET", "/account"),
      ask<Position[]>("GET", "/positions"),
      dayWatchers ? ask<Returns>("GET", "/portfolio/returns?range=1d").catch(() => null) : null,
    ]);
    batch(() => {
      setAccount(has);
      setPositions(holds);
      setDay(gained);
    });
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

/** Read the day's gain together with the account, for as long as the owner is there. */
export function watchDay(): void {
  onMount(() => {
    dayWatchers += 1;
    void refreshAccount();
  });
  onCleanup(() => {
    dayWatchers -= 1;
    setDay(null); // nobody keeps it up to date
  });
}

/** What today brought, realised and not: as the broker worked it out, moved on by what the portfolio is worth since. */
export const dayGainInCents = createRoot(() =>
  createMemo(() => {
    const read = day();
    const now = equityInCents();
    if (read === null || now === null) return null;
    if (held().some((one) => valueInCents(one) === null)) return read.gainInCents;
    return read.gainInCents + now - read.endEquityInCents;
  }),
);

setInterval(() => {
  if (account() && !document.hidden) void refreshAccount();
}, EVERY_MS);
