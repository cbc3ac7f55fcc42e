/** A price as it is now, or plainly not live: dimmed, and with the time that it is from. */

import { direction, moment, money, percent, signedMoney } from "../money";
import { asOf, isLive, quote } from "../prices";

export function PriceText(props: { symbol: string }) {
  const known = () => quote(props.symbol)();
  return (
    <span class="price" classList={{ old: !isLive(props.symbol) }}>
      {known() ? money(known()!.priceInCents) : "—"}
    </span>
  );
}

export function ChangeText(props: { symbol: string; withMoney?: boolean }) {
  const known = () => quote(props.symbol)();
  const change = () => (known() ? known()!.priceInCents - known()!.previousCloseInCents : 0);
  const base = () => known()?.previousCloseInCents ?? 0;
  const share = () => percent(change(), base());
  const isFlat = () => !props.withMoney && share() === percent(0, 1);
  return (
    <span class={`change ${isFlat() ? "flat" : direction(change())}`}>
      {!known() ? "—" : props.withMoney ? `${signedMoney(change())} (${share()})` : share()}
    </span>
  );
}

/** Beside a price: "live", or as of when it is; empty, and as large, while none is known. */
export function AsOf(props: { symbol: string }) {
  const at = () => asOf(props.symbol);
  return <span class="as-of">{at() === null ? "" : isLive(props.symbol) ? "live" : `not live, as of ${moment(at()!)}`}</span>;
}
