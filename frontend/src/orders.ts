/** The person's orders, newest first, each live.
 *
 * The stream is opened first and the list read once it is open: what happens between is in one of the two. A version never goes back.
 * Whatever is open is read, however old it is; what settled while nobody listened is asked for.
 */

import { type Accessor, batch, createMemo, createRoot, createSignal, type Signal } from "solid-js";
import { refreshAccount } from "./account";
import { ask, askPage, Problem } from "./api";
import { EventStream } from "./event_stream";
import type { CancelAnswer, Order, Status } from "./shapes";

export const OPEN: ReadonlySet<Status> = new Set<Status>(["pending", "submitted", "partially_filled", "pending_cancel"]);

const PAGE = 50;
const OPEN_PAGE = 100; // the most that the broker gives at once
const OPEN_PAGES_MAX = 10; // of each status
const UNREAD_RETRY_MS = 2_000;

const orders = new Map<string, Signal<Order>>();
const [ids, setIds] = createSignal<string[]>([]);
const [next, setNext] = createSignal<string | null>(null);
const [line, setLine] = createSignal<"connecting" | "live" | "lost">("connecting");
const [loaded, setLoaded] = createSignal(false);
const [hasMoreOpen, setHasMoreOpen] = createSignal(false);

/** Order ids, newest first. They are UUIDs of version 7: a later order has a greater one. */
export { ids as orderIds };
export { next as moreOrders };
export { line as ordersLine };
export { loaded as ordersLoaded };
/** There are so many open orders that not all of them were read. */
export { hasMoreOpen };

let stream: EventStream | null = null;

export function order(orderId: string): Accessor<Order> | undefined {
  return orders.get(orderId)?.[0];
}

/** Of `among`, those that are open, or were since the owner is there: what settles keeps its place, so that no other order comes under the pointer. */
export function openHere(among: Accessor<string[]>): Accessor<string[]> {
  const wereOpen = new Set<string>();
  const isHere = (id: string) => {
    if (isOpen(id)) wereOpen.add(id);
    return wereOpen.has(id);
  };
  return createMemo(() => among().filter(isHere), [], { equals: sameIds });
}

export function isOpen(orderId: string): boolean {
  return OPEN.has(orders.get(orderId)![0]().status);
}

export function sameIds(some: string[], others: string[]): boolean {
  return some.length === others.length && some.every((id, index) => id === others[index]);
}

export function keep(...news: Order[]): void {
  batch(() => {
    let added = false;
    for (const one of news) added = keepOne(one) || added;
    if (added) setIds([...orders.keys()].sort().reverse());
  });
}

function keepOne(one: Order): boolean {
  const known = orders.get(one.orderId);
  if (!known) {
    orders.set(one.orderId, createRoot(() => createSignal(one)));
    return true;
  }
  const [before, set] = known;
  if (before().version < one.version) set(one);
  return false;
}

export function followOrders(): void {
  stream ??= new EventStream({
    url: () => "/orders/stream",
    resumes: true,
    opened: () => {
      setLine("live");
      void load();
    },
    event: (name, data) => {
      if (name !== "order") return; // after a `reset` comes every order as it is; versions sort that out
      keep(JSON.parse(data) as Order);
      void refreshAccount();
    },
    lost: () => setLine("lost"),
  });
}

export function leaveOrders(): void {
  stream?.close();
  stream = null;
  setLine("connecting");
}

export function hurryOrders(): void {
  stream?.hurry();
}

async function load(): Promise<void> {
  try {
    const { rows, next: more } = await askPage<Order>(`/orders?limit=${PAGE}`);
    if (more !== null) rows.push(...(await readOpen())); // else these are all
    const firstTime = !loaded();
    keep(...rows);
    if (firstTime) setNext(more);
    setLoaded(true);
    await readSettled(new Set(rows.map((one) => one.orderId)));
    await refreshAccount();
  } catch {
    setTimeout(() => stream && void load(), UNREAD_RETRY_MS);
  }
}

async function readOpen(): Promise<Order[]> {
  const found = await Promise.all([...OPEN].map(readAllOf));
  setHasMoreOpen(found.some((one) => !one.isAll));
  return found.flatMap((one) => one.rows);
}

async function readAllOf(status: Status): Promise<{ rows: Order[]; isAll: boolean }> {
  const rows: Order[] = [];
  let path: string | null = `/orders?status=${status}&limit=${OPEN_PAGE}`;
  for (let page = 0; path !== null && page < OPEN_PAGES_MAX; page += 1) {
    const found: { rows: Order[]; next: string | null } = await askPage<Order>(path);
    rows.push(...found.rows);
    path = found.next;
  }
  return { rows, isAll: path === null };
}

/** Orders that are open here, but were not among those just read: each settled unheard, or is newer than that. */
async function readSettled(read: Set<string>): Promise<void> {
  for (const id of [...orders.keys()]) {
    if (!isOpen(id) || read.has(id)) continue;
    try {
      keep(await ask<Order>("GET", `/order/${id}`));
    } catch (error) {
      if (!(error instanceof Problem && error.status === 404)) throw error;
      forget(id); // it settled so long ago that it is in the broker's archive
    }
  }
}

function forget(id: string): void {
  orders.delete(id);
  setIds((before) => before.filter((one) => one !== id));
}

export async function loadMore(): Promise<void> {
  const path = next();
  if (path === null) return;
  const { rows, next: more } = await askPage<Order>(path);
  keep(...rows);
  setNext(more);
}

/** Raises `Problem`, with the order as it is where the broker says it, and `NoAnswer`. */
export async function cancel(orderId: string): Promise<CancelAnswer> {
  const answer = await ask<CancelAnswer>("DELETE", `/order/${orderId}`, { timeoutMs: 35_000 });
  keep(answer.order);
  return answer;
}
