/** Whether the market is open, as the broker last said. */

import { createSignal } from "solid-js";
import { ask } from "./api";
import type { MarketStatus } from "./shapes";

const EVERY_MS = 10_000;

const [market, setMarket] = createSignal<MarketStatus | null>(null);
export { market };

export async function askMarket(): Promise<void> {
  try {
    setMarket(await ask<MarketStatus>("GET", "/status"));
  } catch {
    setMarket(null); // not known is not open
  }
}

let timer: ReturnType<typeof setInterval> | undefined;

export function followMarket(): void {
  clearInterval(timer);
  void askMarket();
  timer = setInterval(() => void askMarket(), EVERY_MS);
}

export function leaveMarket(): void {
  clearInterval(timer);
}
