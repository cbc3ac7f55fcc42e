/** From a wish to an order, exactly once.
 *
 * An intent is one pressed "Place order": its key is kept in the tab's storage until the broker has answered. A double click, a retry or a
 * reload finds the intent there and asks about it by its key; nothing ever sends the same wish under a second key.
 */

import { createSignal } from "solid-js";
import { refreshAccount } from "./account";
import { ask, PLACING_TIMEOUT_MS, Problem, sentence } from "./api";
import { clearDraft } from "./drafts";
import { keep } from "./orders";
import type { Order, OrderBody } from "./shapes";

export interface Intent {
  key: string;
  userId: string;
  body: OrderBody;
}

/** `unanswered`: the broker says that it does not have it; sending it again under its key is safe. */
export type Placing =
  | { state: "sending" | "checking" | "unanswered"; intent: Intent }
  | { state: "placed"; intent: Intent; orderId: string }
  | { state: "refused"; intent: Intent; why: string; code: string; orderId: string | null };

/** What the broker says of an order that it did not take. Everything else (a proxy's page, an error of its own, "still running") leaves open
 * what was done. */
const REFUSALS: ReadonlySet<string> = new Set([
  "malformed",
  "not_signed_in",
  "foreign_origin",
  "account_frozen",
  "body_too_large",
  "body_too_slow",
  "unsupported_media_type",
  "unknown_symbol",
  "invalid_price",
  "invalid_shares",
  "market_closed",
  "stale_price",
  "insufficient_buying_power",
  "insufficient_shares",
  "idempotency_key_reused",
  "exchange_refused",
  "exchange_unavailable",
  "storage_unavailable",
  "too_many_requests",
]);
const STORED = "locksley.intent";
const LOOK_UPS = 3;
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 8_000;

const [placing, setPlacing] = createSignal<Placing | null>(null);
export { placing };

/** Nothing may be placed while an earlier wish has no answer. */
export function isWaiting(): boolean {
  const state = placing()?.state;
  return state === "sending" || state === "checking" || state === "unanswered";
}

export function place(userId: string, body: OrderBody): void {
  if (isWaiting()) return;
  const intent = { key: newKey(), userId, body };
  store(intent);
  void send(intent);
}

/** The same wish once more, under the same key. */
export function sendAgain(): void {
  const now = placing();
  if (now?.state === "unanswered") void send(now.intent);
}

export function giveUp(): void {
  forget();
  setPlacing(null);
}

/** The answer was read: the ticket is free again. */
export function dismiss(): void {
  if (!isWaiting()) setPlacing(null);
}

/** After a reload: was something on its way? */
export function recover(userId: string): void {
  const intent = stored();
  if (!intent) return;
  if (intent.userId === userId) void check(intent);
  else forget();
}

async function send(intent: Intent): Promise<void> {
  setPlacing({ state: "sending", intent });
  try {
    const order = await ask<Order>("POST", "/order", {
      body: intent.body,
      headers: { "Idempotency-Key": intent.key },
      timeoutMs: PLACING_TIMEOUT_MS,
    });
    answered(intent, order);
  } catch (error) {
    if (error instanceof Problem && REFUSALS.has(error.code)) refused(intent, error);
    else await check(intent);
  }
}

/** No answer, or none of the broker's, says nothing about what was done: ask by the key, until the broker can be asked. */
async function check(intent: Intent): Promise<void> {
  setPlacing({ state: "checking", intent });
  let pauseMs = PAUSE_MS;
  for (let notThere = 0; notThere < LOOK_UPS; ) {
    try {
      const [order] = await ask<Order[]>("GET", `/orders?idempotencyKey=${intent.key}`);
      if (order) return answered(intent, order);
      notThere += 1; // it may still be on its way in
      pauseMs = PAUSE_MS;
    } catch (error) {
      if (error instanceof Problem && error.code === "not_signed_in") return; // kept, for when the person is back
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    }
    if (notThere < LOOK_UPS) await pause(pauseMs);
  }
  setPlacing({ state: "unanswered", intent });
}

function answered(intent: Intent, order: Order): void {
  forget();
  clearDraft(intent.body.symbol); // wherever the person is now: the same wish is not there to be placed again
  keep(order);
  void refreshAccount();
  setPlacing({ state: "placed", intent, orderId: order.orderId });
}

function refused(intent: Intent, error: Problem): void {
  if (error.code !== "not_signed_in") forget();
  if (error.order) keep(error.order);
  void refreshAccount();
  const { code } = error;
  setPlacing({ state: "refused", intent, code, why: sentence(error), orderId: error.order?.orderId ?? null });
}

function store(intent: Intent): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(intent));
  } catch {
    // storage is full or forbidden: the key still lives as long as this page
  }
}

function stored(): Intent | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Intent | null;
  } catch {
    return null;
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // as above
  }
}

/** A UUID of version 4; `crypto.randomUUID` is there only on https and localhost. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
