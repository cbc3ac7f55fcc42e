/** A line through time that goes on live, by TradingView's Lightweight Charts. Loaded only when there is something to draw. */

import {
  AreaSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineStyle,
  type TickMarkType,
  type Time,
} from "lightweight-charts";
import { createEffect, on, onCleanup, onMount, untrack } from "solid-js";
import { money } from "../money";
import { theme } from "../theme";
import { AxisTags } from "./axis_tags";
import { FillMarks, type Mark } from "./fill_marks";
import { roomAround } from "./price_room";
import { at, moment, repeatedDays, spread, tickMark } from "./time_axis";

/** `time` in seconds, `value` in cents. */
export interface Point {
  time: number;
  value: number;
  volume?: number;
  /** What it was at the beginning of its step. */
  open?: number;
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
  /** Whether the newest value is; else its tag and its level are grey. */
  isLive: boolean;
  isIntraday: boolean;
  /** As far apart as they are in time; else one beside the other, so that nights take no room. */
  inTime?: boolean;
}

export default function Chart(props: ChartProps) {
  let place!: HTMLDivElement;
  onMount(() => draw(place, props));
  return <div class="chart-canvas" ref={place} />;
}

function draw(place: HTMLDivElement, props: ChartProps): void {
  const wholeS = () => (props.points.at(-1)?.time ?? 0) - (props.points[0]?.time ?? 0);
  const tickMarkFormatter = (time: Time, kind: TickMarkType) => (repeated.has(time as number) ? "" : tickMark(time as number, kind, wholeS()));
  let repeated: ReadonlySet<number> = new Set();
  const chart = createChart(place, { ...FIXED, timeScale: { ...FIXED.timeScale, tickMarkFormatter } });
  const volume = addVolume(chart);
  const line = addLine(chart, () => [...(shown ? [shown.value] : []), ...props.levels.map((level) => level.value)]);
  onCleanup(() => chart.remove());

  let shown: Point | undefined; // the newest point drawn
  const fit = () => chart.timeScale().fitContent();
  const goOn = (live: Point | null) => {
    if (!live || (shown && live.time < shown.time)) return;
    const isNew = !shown || live.time > shown.time;
    line.update({ time: at(live.time), value: live.value });
    shown = live;
    if (isNew) fit();
  };
  createEffect(() => {
    const points = props.points.map(({ time, value }) => ({ time: at(time), value }));
    const placed = props.inTime ? spread(points) : points;
    repeated = repeatedDays(placed.map(({ time }) => time));
    line.setData(placed);
    volume.setData(props.points.flatMap((one) => (one.volume ? [{ time: at(one.time), value: one.volume }] : [])));
    shown = props.points.at(-1);
    goOn(untrack(() => props.live)); // which may have been drawn before these points took its place
    line.priceScale().applyOptions({ minimumWidth: axisPx(props.points) });
    chart.applyOptions({ localization: { timeFormatter: (time: number) => moment(time, wholeS(), props.isIntraday) } });
    fit();
  });
  createEffect(() => goOn(props.live));
  chart.timeScale().subscribeSizeChange(fit);
  // An empty place between two points has no value: the crosshair goes to the point before it.
  chart.subscribeCrosshairMove(({ time, seriesData }) => {
    if (time === undefined || seriesData.has(line)) return;
    const point = props.points.findLast((one) => one.time <= (time as number));
    if (point) chart.setCrosshairPosition(point.value, at(point.time), line);
  });
  createEffect(on([theme, () => props.isUp], () => paint(chart, line, volume, place, props.isUp)));
  // Without a colour of its own the newest value has the line's.
  createEffect(on([theme, () => props.isLive], () => line.applyOptions({ priceLineColor: props.isLive ? "" : ink(place, "--soft") })));
  drawMarks(line, place, props);
  drawLevels(line, place, props);
}

function addVolume(chart: IChartApi): ISeriesApi<"Histogram"> {
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
  return volume;
}

/** `tagged`: the prices that have a tag at the axis. */
function addLine(chart: IChartApi, tagged: () => number[]): ISeriesApi<"Area"> {
  const tags = new AxisTags(tagged);
  const formatter = (cents: number) => money(Math.round(cents));
  const tickmarksFormatter = (prices: readonly number[]) => (tags.labelled(prices), prices.map(formatter));
  const line = chart.addSeries(AreaSeries, {
    lineWidth: 2,
    priceFormat: { type: "custom", formatter, tickmarksFormatter, minMove: 1 },
    autoscaleInfoProvider: roomAround(() => chart.panes()[0]!.getHeight()),
  });
  line.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 } });
  line.attachPrimitive(tags);
  return line;
}

/** Room for prices a tenth higher: the line does not move when they need another digit. */
function axisPx(points: Point[]): number {
  const highest = Math.max(0, ...points.map((one) => one.value));
  return money(Math.round(1.1 * highest)).length * DIGIT_PX + AXIS_MARGINS_PX;
}

function drawMarks(line: ISeriesApi<"Area">, place: HTMLElement, props: ChartProps): void {
  const fills = new FillMarks();
  line.attachPrimitive(fills);
  createEffect(() => {
    theme();
    fills.show(props.marks, { buy: ink(place, "--accent"), sell: ink(place, "--ink"), ground: ink(place, "--ground") });
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

const DIGIT_PX = 7.1;
const AXIS_MARGINS_PX = 20;

const FIXED = {
  autoSize: true,
  handleScroll: false,
  handleScale: false,
  // The logo styles itself inline, which the security policy refuses: the credit stands in words below the chart.
  layout: { attributionLogo: false },
  grid: { vertLines: { visible: false }, horzLines: { visible: false } },
  rightPriceScale: { borderVisible: false, entireTextOnly: true },
  // Ten years of days are more bars than there are pixels: without a lesser spacing the oldest would be left out.
  timeScale: {
    borderVisible: false,
    timeVisible: true, // where there is none, all points are of days
    secondsVisible: false,
    allowBoldLabels: false,
    rightOffsetPixels: 36,
    minBarSpacing: 0.01,
  },
  crosshair: { mode: CrosshairMode.Magnet, horzLine: { visible: false, labelVisible: true } },
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
    crosshair: {
      vertLine: { color: ink(place, "--soft"), labelBackgroundColor: ink(place, "--soft") },
      horzLine: { labelBackgroundColor: ink(place, "--soft") },
    },
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

