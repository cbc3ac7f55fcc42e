/** An order as it stands: what, how far, cancel with one click, and on demand what happened to it. */

import { createEffect, createSignal, createUniqueId, For, on, onCleanup, Show } from "solid-js";
import { ask, Problem, sentence } from "../api";
import { grouped, moment, money } from "../money";
import { cancel, keep, OPEN } from "../orders";
import { dismiss } from "../placing";
import { symbolHref } from "../route";
import type { Order, OrderEvent } from "../shapes";
import { actor, event, standing, status, wish } from "../words";

export function OrderRow(props: { order: () => Order }) {
  const [isOpen, setIsOpen] = createSignal(false);
  const id = createUniqueId();
  const one = () => props.order();
  return (
    <li class="order" data-status={one().status} data-order={one().orderId}>
      <div class="order-line">
        <button
          type="button"
          class="unfold"
          aria-expanded={isOpen()}
          aria-controls={id}
          aria-label={`What happened: ${wish(one())}`}
          onClick={() => setIsOpen(!isOpen())}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="m6 4 4 4-4 4" />
          </svg>
        </button>
        <span class="order-wish">
          <span>{wish(one())}</span>
          <small>
            <time dateTime={one().createdAt}>{moment(one().createdAt)}</time>
            {" · "}
            {filled(one())}
          </small>
        </span>
        <span class="badge" data-status={one().status}>
          {status(one())}
        </span>
        <CancelButton order={one} />
      </div>
      <div id={id} class="order-more" hidden={!isOpen()}>
        <Show when={isOpen()}>
          <p>{standing(one())}</p>
          <Trail order={one} />
          <p>
            <a href={symbolHref(one().symbol)} onClick={dismiss}>Go to {one().symbol}</a>
          </p>
        </Show>
      </div>
    </li>
  );
}

function filled(order: Order): string {
  const at = order.averageFillPriceInCents === null ? "" : ` at ${money(order.averageFillPriceInCents)}`;
  return `${grouped(order.filledShares)} of ${grouped(order.numShares)} filled${at}`;
}

export function CancelButton(props: { order: () => Order }) {
  const [busy, setBusy] = createSignal(false);
  const [said, setSaid] = createSignal("");
  const one = () => props.order();
  const wasOpen = OPEN.has(one().status);
  const isUnderWay = () => busy() || one().status === "pending_cancel";
  const press = async () => {
    if (isUnderWay()) return;
    setBusy(true);
    setSaid("");
    try {
      await cancel(one().orderId);
    } catch (error) {
      if (error instanceof Problem && error.order) keep(error.order);
      if (OPEN.has(one().status)) setSaid(sentence(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <span class="order-cancel">
      {/* its room stays, so that nothing moves when the order settles */}
      <Show when={OPEN.has(one().status)} fallback={wasOpen && <span class="cancel-room" />}>
        {/* not `disabled`: that would take the focus away */}
        <button
          type="button"
          ref={(button) => passOnFocus(button, one().orderId)}
          aria-label={`Cancel: ${wish(one())}`}
          aria-disabled={isUnderWay()}
          onClick={press}
        >
          Cancel
        </button>
      </Show>
      <span class="said" role="alert">
        {said()}
      </span>
    </span>
  );
}

/** The button goes with the open order: its focus goes to the answer that it stood in, or to the order's row, wherever that is now. */
function passOnFocus(button: HTMLElement, orderId: string): void {
  onCleanup(() => {
    if (document.activeElement !== button) return;
    const answer = button.closest(".placed");
    queueMicrotask(() => {
      if (document.activeElement !== document.body) return;
      const heading = answer?.isConnected ? answer.querySelector<HTMLElement>("h3") : null;
      const row = document.querySelector<HTMLElement>(`[data-order="${orderId}"] .unfold`);
      (heading ?? row ?? document.querySelector<HTMLElement>("h1"))?.focus();
    });
  });
}

function Trail(props: { order: () => Order }) {
  const [rows, setRows] = createSignal<OrderEvent[]>([]);
  const [said, setSaid] = createSignal("");
  createEffect(
    on(
      () => props.order().version,
      () => {
        ask<OrderEvent[]>("GET", `/order/${props.order().orderId}/events`).then(
          (found) => (setRows(found), setSaid("")),
          (error: unknown) => setSaid(sentence(error)),
        );
      },
    ),
  );
  return (
    <>
      <ol class="trail">
        <For each={rows()}>
          {(row) => (
            <li>
              <time dateTime={row.time}>{moment(row.time)}</time>
              <span>
                {event(row)} <small>{actor(row)}</small>
              </span>
            </li>
          )}
        </For>
      </ol>
      <p class="said" role="alert">
        {said()}
      </p>
    </>
  );
}
