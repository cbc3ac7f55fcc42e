/** The person's fills of one symbol, as far back as they are asked for. The broker gives the activity of all symbols, newest first. */

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
  const [fills, setFills] = createSignal<Activity[]>([]);
  let known: Read = { rows: [], sinceMs: Infinity };
  createEffect(
    on([sinceMs, changes], ([since]) => {
      if (since === null) return;
      let isOld = false;
      onCleanup(() => (isOld = true));
      read(since, known, () => isOld).then(
        (found) => {
          if (isOld) return;
          known = found;
          setFills(found.rows.filter((row) => row.type === "fill" && row.symbol === symbol));
        },
        () => {}, // the next fill asks again
      );
    }),
  );
  return fills;
}

/** Page after page, until it is back far enough or what was read before follows. */
async function read(sinceMs: number, known: Read, isOld: () => boolean): Promise<Read> {
  const rows: Activity[] = [];
  let path: string | null = `/activity?limit=${PAGE}`;
  for (let page = 0; path !== null && page < PAGES_MAX && !isOld(); page += 1) {
    const found: { rows: Activity[]; next: string | null } = await askPage<Activity>(path);
    const met = known.sinceMs <= sinceMs ? found.rows.findIndex((row) => row.activityId === known.rows[0]?.activityId) : -1;
    if (met >= 0) return { rows: [...rows, ...found.rows.slice(0, met), ...known.rows], sinceMs: known.sinceMs };
    rows.push(...found.rows);
    path = found.next;
    if (rows.length && Date.parse(rows.at(-1)!.time) < sinceMs) break;
  }
  return { rows, sinceMs };
}
