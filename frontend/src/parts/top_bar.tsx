/** Name, search, where to go, how live things are, who is here. */

import { createMemo, createSignal, For } from "solid-js";
import { market } from "../market";
import { ordersLine } from "../orders";
import { line } from "../prices";
import { route } from "../route";
import { signOut } from "../session";
import { theme, toggle } from "../theme";
import { Search } from "./search";

const PLACES = [
  ["portfolio", "Portfolio", "#/"],
  ["orders", "Orders", "#/orders"],
  ["activity", "Activity", "#/activity"],
] as const;

export function TopBar(props: { email: string }) {
  return (
    <header>
      <a class="brand" href="#/" aria-label="Locksley">
        <Mark />
        <span>Locksley</span>
      </a>
      <Search />
      <nav aria-label="Main">
        <For each={PLACES}>
          {([screen, name, href]) => (
            <a href={href} aria-current={route().screen === screen ? "page" : undefined}>
              {name}
            </a>
          )}
        </For>
      </nav>
      <Liveness />
      <button class="icon" type="button" aria-pressed={theme() === "dark"} aria-label="Dark theme" onClick={toggle}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9Z" />
        </svg>
      </button>
      <Person email={props.email} />
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 23 L13 15 L18 19 L25 9" />
    </svg>
  );
}

/** Colour, and always a word. The sentence about trouble is the notice's to say. */
function Liveness() {
  const state = createMemo(() => {
    if (line() === "lost") return ["lost", "Offline"];
    if (line() === "silent") return ["lost", "Not live"];
    if (ordersLine() === "lost") return ["waiting", "Connecting"]; // prices are live, orders not yet
    if (market()?.open === false) return ["shut", "Closed"];
    if (line() === "live") return ["live", "Live"];
    if (line() === "idle" && ordersLine() === "live") return ["live", "Live"]; // no price is shown; orders are all there is
    return ["waiting", "Connecting"];
  });
  return (
    <p class={`liveness ${state()[0]}`} title={market() ? `Market ${market()!.open ? "open" : "closed"}` : undefined}>
      {state()[1]}
    </p>
  );
}

function Person(props: { email: string }) {
  const [busy, setBusy] = createSignal(false);
  const leave = () => {
    setBusy(true);
    signOut().catch(() => setBusy(false));
  };
  return (
    <div class="person">
      <span title={props.email}>{props.email}</span>
      <button type="button" class="quiet" disabled={busy()} onClick={leave}>
        Sign out
      </button>
    </div>
  );
}
