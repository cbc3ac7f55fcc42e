/** Which symbols the page wants prices of, and which names are known to be nobody's. */

import { createSignal } from "solid-js";
import type { Problem } from "./api";

const CHARS_MAX = 32; // as in the broker's lists
const FORM = /^[^,\s\u0000-\u001f\u007f-\u009f\ufffd\ud800-\udfff]+$/u; // as the broker takes names: separated by commas, blanks aside

interface Wish {
  names: readonly string[];
  place: Place;
}

/** Those beside the screen are the ones to be left out when there are too many. */
export type Place = "screen" | "beside";

const wishes = new Set<Wish>();
const [missing, setMissing] = createSignal<ReadonlySet<string>>(new Set());

/** Nothing trades under this name: the broker has said so, or nothing could. One such among others would spoil a request for them all. */
export function isMissing(symbol: string): boolean {
  return symbol.length > CHARS_MAX || !FORM.test(symbol) || missing().has(symbol);
}

/** Whether that is why, so that asking again without them is worth it. */
export function noteMissing(why: Problem, asked: readonly string[]): boolean {
  if (why.code !== "unknown_symbol") return false;
  setMissing(new Set([...missing(), ...why.symbols]));
  return why.symbols.some((name) => asked.includes(name));
}

/** Want them too, until what it gives is called. */
export function want(names: readonly string[], place: Place): () => void {
  const wish = { names: [...names], place };
  wishes.add(wish);
  return () => void wishes.delete(wish);
}

/** Each once, the screen's first, without those that do not trade. */
export function wanted(): string[] {
  const at = (place: Place) => [...wishes].flatMap((wish) => (wish.place === place ? wish.names : []));
  return [...new Set([...at("screen"), ...at("beside")])].filter((name) => !isMissing(name));
}
