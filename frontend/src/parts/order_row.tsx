/** An order as it stands: what, how far, cancel with one click, and on demand what happened to it. */

import { createEffect, createSignal, createUniqueId, For, on, Show } from "solid-js";
import { ask, Problem, sentence } from "../api";
import { moment, money } from "../money";
import { cancel, keep, OPEN } from "../orders";
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
            {one().filledShares} of {one().numShares} filled
            {one().averageFillPriceInCents === null ? "" : ` at ${money(one().averageFillPriceInCents!)}`}
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
            <a href={symbolHref(one().symbol)}>Go to {one().symbol}</a>
          </p>
        </Show>
      </div>
    </li>
  );
}

export function CancelButton(props: { order: () => Order }) {
  const [busy, setBusy] = createSignal(false);
  const [said, setSaid] = createSignal("");
  const one = () => props.order();
  const press = async () => {
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
      <Show when={OPEN.has(one().status)}>
        <button
          type="button"
          aria-label={`Cancel: ${wish(one())}`}
          disabled={busy() || one().status === "pending_cancel"}
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
