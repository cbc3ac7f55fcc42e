/** Symbol search as you type: the combobox pattern of ARIA, arrow keys and all. */

import { batch, createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from "solid-js";
import { ask } from "../api";
import { dismiss } from "../placing";
import { go, route, symbolHref } from "../route";
import type { FoundSymbol } from "../shapes";

const WAIT_MS = 60;
const SHOWN_MAX = 8;

export function Search() {
  let input!: HTMLInputElement;
  const [text, setText] = createSignal("");
  const [found, setFound] = createSignal<FoundSymbol[]>([]);
  const [answered, setAnswered] = createSignal("");
  const [open, setOpen] = createSignal(false);
  const [at, setAt] = createSignal(0);
  /** Enter was pressed before the answer to what was typed was here. */
  let isAwaited = false;
  const isAnswered = () => answered() === text().trim();
  const isShown = () => open() && text().trim() !== "" && answered() !== "";

  createEffect(
    on(text, (typed) => {
      const query = typed.trim();
      isAwaited = false;
      if (!query) return setAnswered("");
      let isOld = false;
      const timer = setTimeout(async () => {
        const rows = await ask<FoundSymbol[]>("GET", `/symbols?query=${encodeURIComponent(query)}&limit=${SHOWN_MAX}`).catch(() => null);
        if (isOld) return;
        if (rows === null) {
          isAwaited = false;
          return;
        }
        const best = bestFirst(rows, query);
        batch(() => (setFound(best), setAnswered(query), setAt(0)));
        if (isAwaited) pick(best[0]?.symbol);
      }, WAIT_MS);
      onCleanup(() => {
        isOld = true;
        clearTimeout(timer);
      });
    }),
  );

  // What was looked for elsewhere is not looked for here. The review is a step on the same screen.
  const place = createMemo(() => {
    const now = route();
    return now.screen === "symbol" ? symbolHref(now.symbol) : now.screen;
  });
  createEffect(on(place, () => setText(""), { defer: true }));

  const pick = (symbol: string | undefined) => {
    if (symbol === undefined) return;
    setOpen(false);
    setText("");
    input.blur();
    dismiss();
    go(symbolHref(symbol));
  };

  const key = (event: KeyboardEvent) => {
    const last = found().length - 1;
    if (event.key === "Escape") {
      setOpen(false);
      setText("");
    } else if (event.key === "Enter" && text().trim() && !isAnswered()) isAwaited = true;
    else if (!isShown()) return;
    else if (event.key.startsWith("Arrow") && !isAnswered()) return; // what stands there is about to go
    else if (event.key === "ArrowDown") setAt(at() < last ? at() + 1 : 0);
    else if (event.key === "ArrowUp") setAt(at() > 0 ? at() - 1 : last);
    else if (event.key === "Enter") pick(found()[at()]?.symbol);
    else return;
    event.preventDefault();
  };

  onMount(() => {
    const slash = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
      event.preventDefault();
      input.focus();
    };
    addEventListener("keydown", slash);
    onCleanup(() => removeEventListener("keydown", slash));
  });

  return (
    <div class="search" role="search">
      <input
        ref={input}
        type="text"
        role="combobox"
        placeholder="Search symbol or company"
        aria-label="Search symbol or company"
        aria-expanded={isShown()}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={isShown() && found().length ? `found-${at()}` : undefined}
        aria-keyshortcuts="/"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxlength="60"
        value={text()}
        onInput={(event) => (setText(event.currentTarget.value), setOpen(true))}
        onFocus={() => setOpen(true)}
        onBlur={() => (setOpen(false), (isAwaited = false))}
        onKeyDown={key}
      />
      <ul id="found" role="listbox" aria-label="Symbols" hidden={!isShown() || !found().length}>
        <For each={found()}>
          {(one, index) => (
            <li
              id={`found-${index()}`}
              role="option"
              aria-selected={index() === at()}
              onPointerMove={() => setAt(index())}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => pick(one.symbol)}
            >
              <b>{one.symbol}</b>
              <span>{one.name}</span>
            </li>
          )}
        </For>
      </ul>
      <p class="nothing" role="status" hidden={!isShown() || found().length > 0}>
        <Show when={isShown() && !found().length}>Nothing trades here by “{answered()}”.</Show>
      </p>
    </div>
  );
}

/** Whose ticker begins so, then whose name does, then the others; each as the broker has them. */
function bestFirst(rows: FoundSymbol[], query: string): FoundSymbol[] {
  const typed = query.toLowerCase();
  const rank = (one: FoundSymbol) => {
    if (one.symbol.toLowerCase().startsWith(typed)) return 0;
    return one.name.toLowerCase().startsWith(typed) ? 1 : 2;
  };
  return [...rows].sort((one, other) => rank(one) - rank(other));
}
