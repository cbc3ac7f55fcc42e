/** The person's fills of one symbol, newest first, as far back as they are asked for. */

import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import { askPage } from "./api";
import type { Activity } from "./shapes";

const PAGE = 100; // the most that the broker gives at once
const PAGES_MAX = 20;

interface Read {
  rows: Activity[];
  /** Everything since then is among the rows. */
  sinceMs: number;
}

/** `sinceMs`: null as long as it is not known; `changes` says when there may be new ones. */
export function fillsOf(symbol: string, sinceMs: Accessor<number | null>, changes: Accessor<unknown>): Accessor<Activity[]> {
  const [known, setKnown] = createSignal<Read>({ rows: [], sinceMs: Infinity });
  createEffect(
    on([sinceMs, changes], ([since]) => {
      if (since === null) return;
      let isOld = false;
      onCleanup(() => (isOld = true));
      read(symbol, since, known(), () => isOld).then(
        (found) => isOld || setKnown(found),
        () => {}, // the next fill asks again
      );
    }),
  );
  return () => known().rows;
}

/** Page after page, until it is back far enough or what was read before follows. */
async function read(symbol: string, sinceMs: number, known: Read, isOld: () => boolean): Promise<Read> {
  const rows: Activity[] = [];
  const newest = known.sinceMs <= sinceMs ? known.rows[0]?.activityId : undefined;
  let path: string | null = `/activity?symbol=${encodeURIComponent(symbol)}&limit=${PAGE}`;
  for (let page = 0; path !== null && page < PAGES_MAX && !isOld(); page += 1) {
    const found: { rows: Activity[]; next: string | null } = await askPage<Activity>(path);
    const met = found.rows.findIndex((row) => row.activityId === newest);
    if (met >= 0) return { rows: [...rows, ...found.rows.slice(0, met), ...known.rows], sinceMs: known.sinceMs };
    rows.push(...found.rows);
    path = found.next;
    if (rows.length && Date.parse(rows.at(-1)!.time) < sinceMs) break;
  }
  return { rows, sinceMs };
}
