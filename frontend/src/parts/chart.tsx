/** A line through time that goes on live, by TradingView's Lightweight Charts. Loaded only when there is something to draw. */

import {
  AreaSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineStyle,
  type SeriesMarker,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { createEffect, on, onCleanup, onMount } from "solid-js";
import { money } from "../money";
import { theme } from "../theme";

/** `time` in seconds, `value` in cents. */
export interface Point {
  time: number;
  value: number;
  volume?: number;
}

export interface Mark {
  time: number;
  side: "buy" | "sell";
  text: string;
}

export interface Level {
  value: number;
  side: "buy" | "sell";
  text: string;
}

export interface ChartProps {
  points: Point[];
  live: Point | null;
  marks: Mark[];
  levels: Level[];
  isUp: boolean;
  isIntraday: boolean;
}

const TIME = new Intl.DateTimeFormat("en-US", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const MONTH = new Intl.DateTimeFormat("en-US", { month: "short" });
const FULL = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" });

export default function Chart(props: ChartProps) {
  let place!: HTMLDivElement;
  onMount(() => draw(place, props));
  return <div class="chart-canvas" ref={place} />;
}

function draw(place: HTMLDivElement, props: ChartProps): void {
  const chart = createChart(place, { ...FIXED, timeScale: { ...FIXED.timeScale, tickMarkFormatter } });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
  const line = chart.addSeries(AreaSeries, {
    lineWidth: 2,
    priceFormat: { type: "custom", formatter: (cents: number) => money(Math.round(cents)), minMove: 1 },
  });
  line.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.16 } });
  onCleanup(() => chart.remove());

  let shown: Point | undefined; // the newest point drawn
  createEffect(() => {
    line.setData(props.points.map(({ time, value }) => ({ time: at(time), value })));
    volume.setData(props.points.flatMap((one) => (one.volume ? [{ time: at(one.time), value: one.volume }] : [])));
    shown = props.points.at(-1);
    chart.applyOptions({
      localization: { timeFormatter: (time: number) => (props.isIntraday ? `${DAY.format(time * 1000)}, ${TIME.format(time * 1000)}` : FULL.format(time * 1000)) },
    });
    chart.timeScale().applyOptions({ timeVisible: props.isIntraday });
    chart.timeScale().fitContent();
  });
  createEffect(() => {
    const { live } = props;
    if (!live || (shown && live.time < shown.time)) return;
    const isNew = !shown || live.time > shown.time;
    line.update({ time: at(live.time), value: live.value });
    shown = live;
    if (isNew) chart.timeScale().fitContent();
  });
  createEffect(on([theme, () => props.isUp], () => paint(chart, line, volume, place, props.isUp)));
  drawMarks(line, place, props);
  drawLevels(line, place, props);
}

function drawMarks(line: ISeriesApi<"Area">, place: HTMLElement, props: ChartProps): void {
  const markers = createSeriesMarkers(line, []);
  createEffect(() => {
    theme();
    markers.setMarkers(
      props.marks.map((mark): SeriesMarker<Time> => ({
        time: at(mark.time),
        position: mark.side === "buy" ? "belowBar" : "aboveBar",
        shape: mark.side === "buy" ? "arrowUp" : "arrowDown",
        color: ink(place, mark.side === "buy" ? "--accent" : "--ink"),
        text: mark.text,
      })),
    );
  });
}

function drawLevels(line: ISeriesApi<"Area">, place: HTMLElement, props: ChartProps): void {
  let drawn: IPriceLine[] = [];
  createEffect(() => {
    theme();
    for (const old of drawn) line.removePriceLine(old);
    drawn = props.levels.map((level) =>
      line.createPriceLine({
        price: level.value,
        color: ink(place, "--soft"),
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: true,
        title: level.text,
      }),
    );
  });
}

const FIXED = {
  autoSize: true,
  handleScroll: false,
  handleScale: false,
  // The logo styles itself inline, which the security policy refuses: the credit stands in words below the chart.
  layout: { attributionLogo: false },
  grid: { vertLines: { visible: false }, horzLines: { visible: false } },
  rightPriceScale: { borderVisible: false, entireTextOnly: true },
  // Ten years of days are more bars than there are pixels: without a lesser spacing the oldest would be left out.
  timeScale: { borderVisible: false, secondsVisible: false, rightOffsetPixels: 36, minBarSpacing: 0.01 },
  crosshair: { mode: CrosshairMode.Magnet, horzLine: { visible: false, labelVisible: false } },
} as const;

function paint(
  chart: IChartApi,
  line: ISeriesApi<"Area">,
  volume: ISeriesApi<"Histogram">,
  place: HTMLElement,
  isUp: boolean,
): void {
  const trend = isUp ? "--up" : "--down";
  chart.applyOptions({
    layout: {
      background: { type: ColorType.Solid, color: "transparent" },
      textColor: ink(place, "--soft"),
      fontFamily: getComputedStyle(place).fontFamily,
    },
    crosshair: { vertLine: { color: ink(place, "--soft"), labelBackgroundColor: ink(place, "--soft") } },
  });
  line.applyOptions({
    lineColor: ink(place, trend),
    topColor: ink(place, `${trend}-wash`),
    bottomColor: "transparent",
  });
  volume.applyOptions({ color: ink(place, "--line") });
}

/** The colour behind a custom property, as the canvas wants it. */
function ink(place: HTMLElement, name: string): string {
  place.style.color = `var(${name})`;
  const found = getComputedStyle(place).color;
  place.style.color = "";
  return found;
}

function at(seconds: number): UTCTimestamp {
  return seconds as UTCTimestamp;
}

/** In the reader's own time zone. */
function tickMarkFormatter(time: Time, kind: TickMarkType): string {
  const ms = (time as number) * 1000;
  switch (kind) {
    case TickMarkType.Year:
      return String(new Date(ms).getFullYear());
    case TickMarkType.Month:
      return MONTH.format(ms);
    case TickMarkType.DayOfMonth:
      return DAY.format(ms);
    default:
      return TIME.format(ms);
  }
}
