/** A history for a chart: asked for by range, again after the line was lost, and now and then. */

import { type Accessor, batch, createEffect, createSignal, on, onCleanup } from "solid-js";
import { ask } from "./api";
import type { Point } from "./parts/chart";
import { line } from "./prices";
import type { Range } from "./shapes";

const EVERY_MS = 120_000;
const RETRY_MS = 3_000;
const NOT_YET_MS = 10_000;

/** `missing`: there is none yet; `failed`: it could not be had, and nothing else is shown in its place. */
export type State = "loading" | "there" | "missing" | "failed";

export interface History {
  points: Accessor<Point[]>;
  state: Accessor<State>;
  /** Whose points they are: after another was asked for, the old ones stay until it is there. */
  shown: Accessor<Range | null>;
  /** Seconds from one point to the next. */
  stepS: Accessor<number>;
}

/** `path` without its range, null as long as there is nothing to ask for; `point` makes one of a row. */
export function history<Row extends { time: string }>(
  path: Accessor<string | null>,
  range: Accessor<Range>,
  point: (row: Row) => Omit<Point, "time">,
): History {
  const [points, setPoints] = createSignal<Point[]>([]);
  const [shown, setShown] = createSignal<Range | null>(null);
  const [state, setState] = createSignal<State>("loading");
  createEffect(
    on([path, range, () => line() === "live"], ([from, span]) => {
      if (from === null) return;
      if (shown() === span && points().length > 1) setState("there");
      let isOld = false;
      let timer: ReturnType<typeof setTimeout>;
      const load = async () => {
        let nextMs = EVERY_MS;
        try {
          const rows = await ask<Row[]>("GET", `${from}?range=${span}`);
          if (isOld) return;
          const isLine = rows.length > 1; // one point is none
          batch(() => {
            setPoints(ascending(rows.map((row) => ({ ...point(row), time: Math.floor(Date.parse(row.time) / 1000) }))));
            setShown(span);
            setState(isLine ? "there" : "missing");
          });
          if (!isLine) nextMs = NOT_YET_MS;
        } catch {
          if (isOld) return;
          if (shown() !== span || state() !== "there") setState("failed");
          nextMs = RETRY_MS;
        }
        timer = setTimeout(load, nextMs);
      };
      void load();
      onCleanup(() => {
        isOld = true;
        clearTimeout(timer);
      });
    }),
  );
  return { points, state, shown, stepS: () => stepOf(points()) };
}

/** Each second once, in order, as the chart wants it. */
function ascending(points: Point[]): Point[] {
  return points.filter((one, index) => index === 0 || one.time > points[index - 1]!.time);
}

function stepOf(points: Point[]): number {
  let least = Infinity;
  for (let index = 1; index < points.length; index += 1) {
    least = Math.min(least, points[index]!.time - points[index - 1]!.time);
  }
  return Number.isFinite(least) ? least : 60;
}

/** Where the chart goes on: in the newest step, or in the one that time has come to. */
export function liveTime(points: Point[], stepS: number): number {
  const last = points.at(-1)?.time;
  const now = Math.floor(Date.now() / 1000);
  if (last === undefined) return now;
  return last + Math.max(0, Math.floor((now - last) / stepS)) * stepS;
}

/** The point that a time belongs to; null for what was before them all. */
export function stepAt(points: Point[], time: number): number | null {
  const found = points.findLast((one) => one.time <= time);
  return found?.time ?? null;
}
