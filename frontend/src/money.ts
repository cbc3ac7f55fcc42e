/** Numbers as people read them. Money comes in whole cents; nothing here rounds it. */

const MINUS = "\u2212";

export function grouped(whole: number): string {
  const digits = String(whole);
  if (digits.length <= 3) return digits;
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `$1,234.50`, `−$0.07`. */
export function money(cents: number): string {
  const size = Math.abs(cents);
  const rest = size % 100;
  return `${cents < 0 ? MINUS : ""}$${grouped((size - rest) / 100)}.${rest < 10 ? "0" : ""}${rest}`;
}

/** `+$1.20`, `−$0.07`, `$0.00`. */
export function signedMoney(cents: number): string {
  return cents > 0 ? `+${money(cents)}` : money(cents);
}

/** `+1.25 %` of a change from a base. */
export function percent(changeInCents: number, baseInCents: number): string {
  if (!baseInCents) return "0.00\u00a0%";
  const value = ((100 * changeInCents) / baseInCents).toFixed(2);
  if (value === "0.00" || value === "-0.00") return "0.00\u00a0%";
  return `${changeInCents < 0 ? value.replace("-", MINUS) : `+${value}`}\u00a0%`;
}

const STEPS: [number, string][] = [
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "K"],
];

/** `18.4 M`, for volumes. */
export function short(count: number): string {
  for (const [size, letter] of STEPS) if (count >= size) return `${(count / size).toFixed(2)}\u00a0${letter}`;
  return String(count);
}

export function shares(count: number): string {
  return `${grouped(count)} ${count === 1 ? "share" : "shares"}`;
}

/** "12.5", "12.50" or "1,250" dollars to cents; null for what is no price in whole cents. Commas stand between groups of three and nowhere else:
 * elsewhere they are somebody's decimal point. */
export function centsOf(text: string): number | null {
  const found = /^\$?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!found) return null;
  const cents = Number(found[1]!.replaceAll(",", "")) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return cents > 0 ? cents : null;
}

export function direction(change: number): "up" | "down" | "flat" {
  return change > 0 ? "up" : change < 0 ? "down" : "flat";
}

const CLOCK = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" });

export function clock(time: string | number): string {
  return CLOCK.format(new Date(time));
}

/** Today's times as `15:04:05`, others with their day. */
export function moment(time: string | number): string {
  const at = new Date(time);
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return CLOCK.format(at);
  return `${(at.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(at)}, ${CLOCK.format(at).slice(0, 5)}`;
}
