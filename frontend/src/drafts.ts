/** What was typed into the tickets, one a symbol: it survives a look elsewhere, and goes when it has become an order. */

import { createSignal, type Signal } from "solid-js";
import type { Draft } from "./estimate";

const EMPTY: Draft = { side: "buy", type: "market", shares: "", limit: "" };

const drafts = new Map<string, Signal<Draft>>();

export function draftOf(symbol: string): Signal<Draft> {
  let known = drafts.get(symbol);
  if (!known) drafts.set(symbol, (known = createSignal(EMPTY)));
  return known;
}

/** Its side and kind stay, for the next. */
export function clearDraft(symbol: string): void {
  const [draft, setDraft] = draftOf(symbol);
  setDraft({ ...draft(), shares: "", limit: "" });
}
