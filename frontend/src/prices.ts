/** Live prices: what is watched, what is known, and whether it is live.
 *
 * One stream a tab, changed while it runs. Prices are taken as they come and shown once a frame, all together.
 * A price counts as live only when this very connection brought it and the exchange is heard of.
 */

import { type Accessor, batch, createEffect, createSignal, on, onCleanup } from "solid-js";
import { ask, NoAnswer, Problem } from "./api";
import { EventStream } from "./event_stream";
import { keepPrice, keepSummary, letGo, quote } from "./quotes";
import type { PriceEvent, SymbolSummary } from "./shapes";
import { isMissing, noteMissing, type Place, want, wanted } from "./wanted";

/** `idle`: there is nothing to watch, so there is no line. */
export type Line = "idle" | "connecting" | "live" | "silent" | "lost";

const SYMBOLS_MAX = 200; // the broker's limit for one stream
const SUMMARY_AGE_MS_MAX = 30_000;
const RETRY_MS = 2_000;

const pending = new Map<string, PriceEvent>(); // what came since the last frame

const [line, setLine] = createSignal<Line>("connecting");
const [connection, setConnection] = createSignal(0);
const [heardAt, setHeardAt] = createSignal<number | null>(null); // when the last price came that was live

let stream: EventStream | null = null;
let streamId: string | null = null;
let isSilent = false;
let served = new Set<string>();
let paused = false;
let syncing = false;
let resync = false;
let queued = false;
let frame = 0;

export { quote };
/** The state of the line. `lost` and `silent`: no price on the page is live. */
export { line };

/** As of when the newest of the prices shown is, in ms; null: none is known. */
export function newestAt(): number | null {
  const times = wantedNow().flatMap((name) => asOf(name) ?? []);
  return times.length ? Math.max(...times) : null;
}

export function isLive(symbol: string): boolean {
  const known = quote(symbol)();
  return known !== undefined && line() === "live" && known.connection === connection();
}

/** As of when a price is that is not live, in ms: what a line brought was the price for as long as that line was live. */
export function asOf(symbol: string): number | null {
  const known = quote(symbol)();
  if (!known) return null;
  const tradedAt = Date.parse(known.updatedAt);
  return known.connection > 0 ? Math.max(tradedAt, heardAt() ?? 0) : tradedAt;
}

/** Watch what `symbols` gives, for as long as the owner is there. */
export function watch(symbols: Accessor<readonly string[]>, place: Place = "screen"): void {
  createEffect(
    on(symbols, (now) => {
      const withdraw = want(now, place);
      queueSync();
      onCleanup(() => {
        withdraw();
        queueSync();
      });
    }),
  );
}

/** A hidden tab lets its line go: a browser gives one host six connections, for all tabs together. */
export function pause(): void {
  paused = true;
  drop();
}

export function resume(): void {
  paused = false;
  setLine("connecting");
  queueSync();
}

/** The network is back. */
export function hurry(): void {
  if (stream) stream.hurry();
  else queueSync();
}

/** The network is gone, or so the browser believes: a broker on this machine is still there. */
export function cut(): void {
  if (!stream) return;
  drop();
  setLine("lost");
  setTimeout(queueSync, RETRY_MS);
}

/** The line may have died without a word: nothing is live until it is heard again. */
export function renew(): void {
  if (!stream) return;
  drop();
  queueSync();
}

/** The summaries of what is shown, anew: day's range, previous close. Those that do not trade are left out, once the broker has named them. */
export async function refresh(symbols: readonly string[]): Promise<void> {
  const names = symbols.filter((name) => !isMissing(name)).slice(0, SYMBOLS_MAX);
  if (!names.length) return;
  try {
    const found = await ask<SymbolSummary[]>("GET", `/symbols?names=${names.map(encodeURIComponent).join()}`);
    batch(() => found.forEach(keepSummary));
    if (pending.size && !frame) frame = requestAnimationFrame(show); // it may have waited for its summary
  } catch (error) {
    if (!(error instanceof Problem && noteMissing(error, names))) throw error;
    await refresh(names);
  }
}

function queueSync(): void {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    void sync();
  });
}

/** Bring the stream to what is wanted; one change at a time. */
async function sync(): Promise<void> {
  if (syncing) {
    resync = true;
    return;
  }
  syncing = true;
  try {
    do {
      resync = false;
      await syncOnce();
    } while (resync);
  } catch {
    setTimeout(queueSync, RETRY_MS);
  } finally {
    syncing = false;
  }
}

async function syncOnce(): Promise<void> {
  const learning = learn();
  if (!stream && !paused && wantedNow().length) open(); // the first prices do not wait for the summaries
  await learning;
  const names = wantedNow();
  if (paused) return;
  if (!names.length) return drop();
  if (streamId === null) return; // it is opening, and this is done again then
  const add = names.filter((name) => !served.has(name));
  const remove = [...served].filter((name) => !names.includes(name));
  if (add.length || remove.length) await change(add, remove);
}

async function change(add: string[], remove: string[]): Promise<void> {
  const asked = streamId;
  const before = served;
  served = new Set([...served, ...add]); // their prices may come before the answer
  try {
    const { symbols } = await ask<{ symbols: string[] }>("PATCH", `/subscribe/${asked}`, { body: { add, remove } });
    if (asked !== streamId) return;
    served = new Set(symbols);
    batch(() => remove.forEach(letGo));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return; // that line is gone; the next one asks for all
    if (asked === streamId) {
      if (error instanceof NoAnswer) drop(); // what it serves now is not known
      else served = before;
    }
    throw error;
  }
}

function wantedNow(): string[] {
  return wanted().slice(0, SYMBOLS_MAX);
}

/** Get the summaries of symbols that are new here: the stream tells only of trades. */
async function learn(): Promise<void> {
  const news = wantedNow().filter((name) => quote(name)() === undefined);
  if (!news.length) return;
  await refresh(news);
}

function open(): void {
  if (line() !== "lost") setLine("connecting");
  stream = new EventStream({
    url: () => {
      const names = wantedNow();
      served = new Set(names);
      return `/subscribe?symbols=${names.map(encodeURIComponent).join()}`;
    },
    resumes: false, // the first events are a snapshot, and the newest price is all that matters
    opened: () => void setConnection(connection() + 1),
    event: take,
    lost: () => {
      streamId = null;
      setLine("lost");
    },
    refused: (why) => {
      if (!noteMissing(why, [...served])) return false;
      if (!wantedNow().length) drop();
      return true;
    },
  });
}

function drop(): void {
  stream?.close();
  stream = null;
  streamId = null;
  served = new Set();
  pending.clear();
  setLine(paused || wantedNow().length ? "connecting" : "idle");
}

function take(name: string, data: string): void {
  if (name === "price") {
    const price = JSON.parse(data) as PriceEvent;
    pending.set(price.symbol, price);
  } else if (name === "status") {
    isSilent = (JSON.parse(data) as { stale: boolean }).stale;
  } else if (name === "stream") {
    streamId = (JSON.parse(data) as { streamId: string }).streamId;
    isSilent = false; // else it is said right after the first prices, so that with the next frame all of it is known
    queueSync();
  }
  if (!frame) frame = requestAnimationFrame(show);
}

function show(): void {
  frame = 0;
  batch(() => {
    for (const [symbol, price] of pending) if (keepPrice(price, broughtBy(price.symbol))) pending.delete(symbol);
    if (streamId !== null) setLine(isSilent ? "silent" : "live");
    if (line() === "live") setHeardAt(Date.now()); // a silent exchange's prices come again with every new line
  });
}

/** What comes late, after it was let go, is not live. */
function broughtBy(symbol: string): number {
  return served.has(symbol) ? connection() : 0;
}

setInterval(() => {
  if (!paused && line() === "live") void refresh(wantedNow()).catch(() => {});
}, SUMMARY_AGE_MS_MAX);

