/** The one line that says, in words, why what is shown may not be how things are. Silent when all is well. */

import { createMemo, Show } from "solid-js";
import { account } from "../account";
import { market } from "../market";
import { moment } from "../money";
import { ordersLine } from "../orders";
import { passing } from "../passing";
import { asOf, line, newestAt } from "../prices";
import { route } from "../route";

export function Notice() {
  const said = createMemo(() => [trouble(), passing()].filter(Boolean).join(" "));
  return (
    <div role="status" class="notice-place">
      <Show when={said()}>
        <p class="notice grave passing">{said()}</p>
      </Show>
      <Show when={shut()}>
        <p class="notice">{shut()}</p>
      </Show>
      <Show when={account()?.frozen}>
        <p class="notice grave">This account is frozen until the operator has looked at it. Orders are not taken.</p>
      </Show>
    </div>
  );
}

function trouble(): string | null {
  const areOrdersLost = ordersLine() === "lost";
  if (line() === "lost") return `Connection lost, trying again.${since(areOrdersLost ? "What you see is" : "Prices are")}`;
  const behind = "Orders and balances may be out of date, trying again.";
  if (line() === "silent")
    return `The exchange is silent.${since("Prices are")} Market orders are refused until it is back.${areOrdersLost ? ` ${behind}` : ""}`;
  if (areOrdersLost) return line() === "live" ? `${behind} Prices are live.` : behind;
  return null;
}

/** Where one price is what is looked at, the time is that price's: beside it stands the same. */
function since(what: string): string {
  const now = route();
  const at = (now.screen === "symbol" ? asOf(now.symbol) : null) ?? newestAt();
  return at === null ? "" : ` ${what} from ${moment(at)}, not live.`;
}

function shut(): string | null {
  const now = market();
  if (!now || now.open) return null;
  const opens = now.opensAt ? ` It opens ${moment(now.opensAt)}.` : "";
  return `The market is closed.${opens} Prices are the last ones; a limit order may be refused until then.`;
}
