/** The person's fills on a line: an arrow for each, and in words as many as have room; those too near to each other are told together. */

import type { IPrimitivePaneRenderer, ISeriesPrimitive, SeriesAttachedParameter, Time } from "lightweight-charts";
import { at } from "./time_axis";

export interface Mark {
  time: number;
  side: "buy" | "sell";
  shares: number;
  /** When the first of them was filled. */
  filledAt: string;
}

export interface Inks {
  buy: string;
  sell: string;
  ground: string;
}

interface Placed {
  x: number;
  y: number;
  mark: Mark;
}

interface Label {
  newest: Placed;
  bought: number;
  sold: number;
  text: string;
  x: number;
  halfPx: number;
}

const GAP_PX = 6; // from the line to the arrow, and from one text to the next
const ARROW_PX = 9;
const TEXT_HALF_PX = 8;
const HALO_PX = 3;
const ROOM_PX = GAP_PX + ARROW_PX + 2 * TEXT_HALF_PX;

export class FillMarks implements ISeriesPrimitive<Time> {
  private marks: readonly Mark[] = [];
  private inks: Inks = { buy: "", sell: "", ground: "" };
  private host: SeriesAttachedParameter<Time> | null = null;
  private readonly renderer: IPrimitivePaneRenderer = {
    draw: (target) =>
      target.useMediaCoordinateSpace(({ context, mediaSize }) => this.draw(context, mediaSize.width, mediaSize.height)),
  };
  private readonly views = [{ zOrder: () => "top" as const, renderer: () => this.renderer }];

  /** Oldest first. */
  show(marks: readonly Mark[], inks: Inks): void {
    this.marks = marks;
    this.inks = inks;
    this.host?.requestUpdate();
  }

  attached(host: SeriesAttachedParameter<Time>): void {
    this.host = host;
  }

  detached(): void {
    this.host = null;
  }

  paneViews() {
    return this.views;
  }

  autoscaleInfo() {
    return this.marks.length ? { priceRange: null, margins: { above: ROOM_PX, below: ROOM_PX } } : null;
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.host || !this.marks.length) return;
    const { fontSize, fontFamily } = this.host.chart.options().layout;
    context.font = `${fontSize}px ${fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const placed = this.marks.flatMap((mark) => this.place(mark) ?? []);
    for (const one of placed) this.arrow(context, one);
    context.lineJoin = "round";
    context.lineWidth = 2 * HALO_PX;
    context.strokeStyle = this.inks.ground;
    for (const label of labels(placed, (text) => context.measureText(text).width, width)) {
      const { side } = label.newest.mark;
      const y = label.newest.y + down(side) * (GAP_PX + ARROW_PX + TEXT_HALF_PX);
      const inside = Math.min(height - TEXT_HALF_PX, Math.max(TEXT_HALF_PX, y));
      context.strokeText(label.text, label.x, inside);
      context.fillStyle = this.inks[side];
      context.fillText(label.text, label.x, inside);
    }
  }

  private place(mark: Mark): Placed | null {
    const { chart, series } = this.host!;
    const index = chart.timeScale().timeToIndex(at(mark.time));
    const point = index === null ? null : series.dataByIndex(index);
    if (!point || !("value" in point) || typeof point.value !== "number") return null;
    const x = chart.timeScale().timeToCoordinate(at(mark.time));
    const y = series.priceToCoordinate(point.value);
    return x === null || y === null ? null : { x, y, mark };
  }

  private arrow(context: CanvasRenderingContext2D, { x, y, mark }: Placed): void {
    const tip = y + down(mark.side) * GAP_PX;
    const base = tip + down(mark.side) * ARROW_PX;
    context.fillStyle = this.inks[mark.side];
    context.beginPath();
    context.moveTo(x, tip);
    context.lineTo(x - ARROW_PX / 2, base);
    context.lineTo(x + ARROW_PX / 2, base);
    context.fill();
  }
}

/** What was bought stands below the line, what was sold above it. */
function down(side: "buy" | "sell"): 1 | -1 {
  return side === "buy" ? 1 : -1;
}

/** From the newest on; whatever would touch the one after it is counted into that. */
function labels(placed: Placed[], widthOf: (text: string) => number, width: number): Label[] {
  const label = (newest: Placed, bought: number, sold: number): Label => {
    const text = [bought ? `Bought ${bought}` : "", sold ? `Sold ${sold}` : ""].filter(Boolean).join(" · ");
    const halfPx = widthOf(text) / 2;
    return { newest, bought, sold, text, halfPx, x: Math.max(halfPx, Math.min(width - halfPx, newest.x)) };
  };
  const found: Label[] = [];
  for (const one of placed.toReversed()) {
    const { side, shares } = one.mark;
    let next = label(one, side === "buy" ? shares : 0, side === "sell" ? shares : 0);
    for (let after = found.at(-1); after && next.x + next.halfPx + GAP_PX > after.x - after.halfPx; after = found.at(-1)) {
      found.pop();
      next = label(after.newest, after.bought + next.bought, after.sold + next.sold);
    }
    found.push(next);
  }
  return found;
}
