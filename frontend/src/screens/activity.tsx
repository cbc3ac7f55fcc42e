/** Everything that moved money or shares, newest first, and the same as a file. */

import { batch, createEffect, createMemo, createSignal, For, on, Show } from "solid-js";
import { account } from "../account";
import { askPage, askText, sentence } from "../api";
import { direction, moment, signedMoney } from "../money";
import type { Activity as Entry } from "../shapes";
import { activity } from "../words";

const PAGE = 50;
const CSV_PAGES_MAX = 50; // of 10,000 rows, as the broker gives them where no limit is asked for

export function Activity() {
  const [rows, setRows] = createSignal<Entry[]>([]);
  const [next, setNext] = createSignal<string | null>(null);
  const [isLoaded, setIsLoaded] = createSignal(false);
  const [said, setSaid] = createSignal("");
  const told = (error: unknown) => setSaid(sentence(error));
  const cash = createMemo(() => account()?.cashInCents);

  // Whatever moved the cash is a new row on top.
  createEffect(
    on(cash, () => {
      askPage<Entry>(`/activity?limit=${PAGE}`)
        .then((page) => {
          const known = new Set(rows().map((row) => row.activityId));
          const news = page.rows.filter((row) => !known.has(row.activityId));
          if (news.length < page.rows.length) setRows([...news, ...rows()]); // what is shown is left as it is
          else batch(() => (setRows(page.rows), setNext(page.next))); // the first, or so many that some may lie between
          setIsLoaded(true);
          setSaid("");
        })
        .catch(told);
    }),
  );

  const more = () => {
    const path = next()!;
    askPage<Entry>(path)
      .then((page) => {
        if (next() !== path) return; // another press had it, or the list began anew: it does not follow what is shown
        batch(() => (setRows([...rows(), ...page.rows]), setNext(page.next)));
        setSaid("");
      })
      .catch(told);
  };

  const download = () => {
    setSaid("");
    saveFile()
      .then((isAll) => isAll || setSaid("There is more than one file holds: the oldest entries are not in it."))
      .catch(told);
  };

  return (
    <div class="column">
      <div class="head-line">
        <h1 tabindex="-1">Activity</h1>
        <button type="button" onClick={download}>
          Download CSV
        </button>
      </div>
      <section class="card" aria-label="Fills and transfers">
        <Show when={rows().length} fallback={<p class="hint">{isLoaded() ? "Nothing yet." : "\u00a0"}</p>}>
          <ul class="entries">
            <For each={rows()}>
              {(row) => (
                <li>
                  <span class="entry-what">{activity(row)}</span>
                  <time dateTime={row.time}>{moment(row.time)}</time>
                  <span class={`num ${direction(row.amountInCents)}`}>{signedMoney(row.amountInCents)}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
        <Show when={next()}>
          <button type="button" onClick={more}>
            Older
          </button>
        </Show>
        <p class="said" role="alert">
          {said()}
        </p>
      </section>
    </div>
  );
}

/** False: there are older entries than the file has. */
async function saveFile(): Promise<boolean> {
  const parts: string[] = [];
  let path: string | null = "/activity";
  for (let page = 0; path !== null && page < CSV_PAGES_MAX; page += 1) {
    const { text, next }: { text: string; next: string | null } = await askText(path, "text/csv");
    parts.push(page === 0 ? text : text.slice(text.indexOf("\n") + 1)); // the heading once
    path = next;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  link.download = "activity.csv";
  link.click();
  URL.revokeObjectURL(link.href);
  return path === null;
}
