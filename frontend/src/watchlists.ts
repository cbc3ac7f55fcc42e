/** The person's watchlists. Until there is one, well-known symbols are shown; following the first symbol makes the first list. */

import { createMemo, createRoot, createSignal } from "solid-js";
import { ask, Problem } from "./api";
import { tell } from "./passing";
import { remember, remembered } from "./remembered";
import { wasHere } from "./session";
import type { FoundSymbol, Watchlist } from "./shapes";

const KNOWN = ["AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "JPM", "V", "WMT", "KO", "DIS"];
const FIRST_NAME = "My list";
const STORED = "locksley.watchlist";
export const NAME_CHARS_MAX = 40;

const [lists, setLists] = createSignal<Watchlist[]>([]);
const [chosenId, setChosenId] = createSignal(remembered(STORED));
const [suggested, setSuggested] = createSignal<string[]>([]);
const [loaded, setLoaded] = createSignal(false);
export { lists, loaded as watchlistsLoaded };

/** The list that is shown; null while there is none. */
export const chosen = createRoot(() =>
  createMemo(() => lists().find((one) => one.watchlistId === chosenId()) ?? lists()[0] ?? null),
);

export const shownSymbols = createRoot(() =>
  createMemo(() => chosen()?.symbols ?? suggested(), [], { equals: (a, b) => a.join() === b.join() }),
);

let early = wasHere() ? ask<Watchlist[]>("GET", "/watchlists") : null;
early?.catch(() => {}); // asked for again

export async function loadWatchlists(): Promise<void> {
  const asked = early ?? ask<Watchlist[]>("GET", "/watchlists");
  early = null;
  try {
    setLists(await asked);
    setLoaded(true);
  } finally {
    if (!lists().length && !suggested().length) setSuggested(await wellKnown());
  }
}

/** Those that trade here; on an exchange of other symbols, its first ones. */
async function wellKnown(): Promise<string[]> {
  try {
    await ask("GET", `/symbols?names=${KNOWN.join()}`);
    return KNOWN;
  } catch {
    const found = await ask<FoundSymbol[]>("GET", `/symbols?limit=${KNOWN.length}`);
    return found.map((one) => one.symbol);
  }
}

export function choose(watchlistId: string): void {
  remember(STORED, watchlistId);
  setChosenId(watchlistId);
}

export function isFollowed(symbol: string): boolean {
  return chosen()?.symbols.includes(symbol) ?? false;
}

export async function follow(symbol: string): Promise<void> {
  const list = chosen();
  const add = ({ symbols }: Watchlist) => ({ symbols: symbols.includes(symbol) ? symbols : [...symbols, symbol] });
  await inTurn(async () => {
    const there = list ?? chosen(); // which the press before may have made
    if (there) await change(there, add);
    else await makeList(FIRST_NAME, [...suggested().filter((one) => one !== symbol), symbol]);
  });
}

export async function unfollow(symbol: string): Promise<void> {
  const list = chosen();
  if (list) await inTurn(() => change(list, ({ symbols }) => ({ symbols: symbols.filter((one) => one !== symbol) })));
}

export async function makeList(name: string, symbols: string[] = []): Promise<void> {
  const made = await ask<Watchlist>("POST", "/watchlists", { body: { name, symbols } });
  setLists([...lists(), made]);
  choose(made.watchlistId);
}

export async function rename(name: string): Promise<void> {
  const list = chosen();
  if (list) await inTurn(() => change(list, () => ({ name })));
}

export async function removeList(): Promise<void> {
  const list = chosen();
  if (!list) return;
  await inTurn(() => changing(list.name, ask("DELETE", `/watchlists/${list.watchlistId}`)));
  setLists(lists().filter((one) => one.watchlistId !== list.watchlistId));
  if (!lists().length) setSuggested(await wellKnown());
}

let before: Promise<unknown> = Promise.resolve();

/** One change after the other: each is of what the one before has left. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(work);
  before = done.catch(() => {}); // told to whoever pressed
  return done;
}

/** Of the list as the broker has it now: another tab may have changed it. */
async function change(shown: Watchlist, edit: (now: Watchlist) => Partial<Watchlist>): Promise<void> {
  const { watchlistId } = shown;
  const now = (await ask<Watchlist[]>("GET", "/watchlists")).find((one) => one.watchlistId === watchlistId) ?? shown;
  const { name, symbols } = { ...now, ...edit(now) };
  const changed = await changing(shown.name, ask<Watchlist>("PUT", `/watchlists/${watchlistId}`, { body: { name, symbols } }));
  if (changed) setLists(lists().map((one) => (one.watchlistId === watchlistId ? changed : one)));
}

/** `work` on the list of that name. Another tab or program may have deleted it meanwhile: then there is nothing to change, and the page goes on with the others. */
async function changing<T>(name: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Problem && error.code === "not_found")) throw error;
    await loadWatchlists();
    tell(`Your list \u201c${name}\u201d was deleted elsewhere, so nothing was changed in it. Shown is what there is now.`);
    return null;
  }
}
