/** The list beside everything: symbols, prices, the day's change; and the lists themselves. */

import { createSignal, For, onMount, Show } from "solid-js";
import { sentence } from "../api";
import { dismiss } from "../placing";
import { quote, watch } from "../prices";
import { route, symbolHref } from "../route";
import * as lists from "../watchlists";
import { ChangeText, PriceText } from "./price";

export function Watchlists() {
  const [mode, setMode] = createSignal<"show" | "new" | "edit">("show");
  const [said, setSaid] = createSignal("");
  watch(lists.shownSymbols, "beside");
  let newList!: HTMLButtonElement;
  const done = () => {
    setSaid("");
    setMode("show");
    if (document.activeElement === document.body) newList.focus(); // the form had it, and is gone
  };
  const attempt = (work: Promise<void>) => work.then(done).catch((error: unknown) => setSaid(sentence(error)));
  return (
    <section class="watchlists" aria-labelledby="watchlist-title">
      <div class="list-head">
        <h2 id="watchlist-title" class="unseen">
          Watchlist
        </h2>
        <Show when={lists.chosen()} fallback={<span class="list-name">Well known</span>}>
          <select
            aria-label="Watchlist shown"
            onChange={(event) => lists.choose(event.currentTarget.value)}
            value={lists.chosen()!.watchlistId}
          >
            <For each={lists.lists()}>
              {(one) => (
                <option value={one.watchlistId} selected={one.watchlistId === lists.chosen()!.watchlistId}>
                  {one.name}
                </option>
              )}
            </For>
          </select>
          <button class="quiet" type="button" aria-expanded={mode() === "edit"} onClick={() => setMode(mode() === "edit" ? "show" : "edit")}>
            {mode() === "edit" ? "Done" : "Edit"}
          </button>
        </Show>
        <button
          ref={newList}
          class="quiet"
          type="button"
          aria-expanded={mode() === "new"}
          onClick={() => setMode(mode() === "new" ? "show" : "new")}
        >
          New list
        </button>
      </div>
      <Show when={mode() === "new"}>
        <NameForm label="Name of the new list" hint="Name" action="Make list" name="" takesFocus done={(name) => attempt(lists.makeList(name))} />
      </Show>
      <Show when={mode() === "edit"}>
        <NameForm label="Name" action="Rename" name={lists.chosen()?.name ?? ""} done={(name) => attempt(lists.rename(name))} />
        <Show when={lists.chosen()?.watchlistId} keyed>
          <DeleteList remove={() => attempt(lists.removeList())} />
        </Show>
      </Show>
      <p class="said" role="alert">
        {said()}
      </p>
      <Show
        when={lists.shownSymbols().length}
        fallback={
          <p class="hint">{lists.watchlistsLoaded() ? "This list is empty. Open a symbol and press “Follow”." : ""}</p>
        }
      >
        <ul class="watched">
          <For each={lists.shownSymbols()}>
            {(symbol) => <Row symbol={symbol} remove={mode() === "edit" ? () => attempt(lists.unfollow(symbol)) : null} />}
          </For>
        </ul>
      </Show>
    </section>
  );
}

function Row(props: { symbol: string; remove: (() => void) | null }) {
  const isHere = () => {
    const now = route();
    return now.screen === "symbol" && now.symbol === props.symbol;
  };
  return (
    <li>
      <a href={symbolHref(props.symbol)} onClick={dismiss} aria-current={isHere() ? "page" : undefined}>
        <span class="who">
          <b>{props.symbol}</b>
          <small>{quote(props.symbol)()?.name ?? "\u00a0"}</small>
        </span>
        <span class="what">
          <PriceText symbol={props.symbol} />
          <ChangeText symbol={props.symbol} />
        </span>
      </a>
      <Show when={props.remove}>
        <button class="quiet" type="button" aria-label={`Remove ${props.symbol}`} onClick={() => props.remove!()}>
          ×
        </button>
      </Show>
    </li>
  );
}

/** Asked in the same place, with "Delete" away from where the button was: pressing twice deletes nothing. */
function DeleteList(props: { remove: () => void }) {
  const [isAsking, setIsAsking] = createSignal(false);
  let begin!: HTMLButtonElement;
  const keep = () => {
    setIsAsking(false);
    begin.focus();
  };
  return (
    <div class="delete-list">
      <Show
        when={isAsking()}
        fallback={
          <button ref={begin} class="quiet danger" type="button" onClick={() => setIsAsking(true)}>
            Delete this list
          </button>
        }
      >
        <div role="group" aria-labelledby="delete-list-question" onKeyDown={(event) => event.key === "Escape" && keep()}>
          {/* A second press, where the button was, leaves the focus on "Keep it". */}
          <span id="delete-list-question" onMouseDown={(event) => event.preventDefault()}>
            Delete this list?
          </span>
          <button class="quiet danger" type="button" onClick={() => props.remove()}>
            Delete
          </button>
          <button ref={(button) => onMount(() => button.focus())} class="quiet" type="button" onClick={keep}>
            Keep it
          </button>
        </div>
      </Show>
    </div>
  );
}

function NameForm(props: { label: string; hint?: string; action: string; name: string; takesFocus?: boolean; done: (name: string) => void }) {
  let input!: HTMLInputElement;
  onMount(() => props.takesFocus && input.focus());
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) props.done(name);
  };
  return (
    <form class="name-form" onSubmit={submit}>
      <input ref={input} aria-label={props.label} placeholder={props.hint ?? props.label} value={props.name} maxlength={lists.NAME_CHARS_MAX} required />
      <button type="submit">{props.action}</button>
    </form>
  );
}
