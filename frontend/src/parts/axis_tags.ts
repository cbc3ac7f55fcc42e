/** Takes the axis' own labels away where a tag (the price now, an open order) would half cover them. */

import type { IPrimitivePaneRenderer, ISeriesPrimitive, SeriesAttachedParameter, Time } from "lightweight-charts";

const LABEL_HALF_PX = 8;
const TAG_HALF_PX = 9;

export class AxisTags implements ISeriesPrimitive<Time> {
  private labels: readonly number[] = [];
  private chart: SeriesAttachedParameter<Time> | null = null;

  /** `tags` gives the prices that have one. */
  constructor(private readonly tags: () => readonly number[]) {}

  /** The axis asks for the text of its labels: that is how their places are known. */
  labelled(prices: readonly number[]): void {
    this.labels = prices;
  }

  attached(chart: SeriesAttachedParameter<Time>): void {
    this.chart = chart;
  }

  detached(): void {
    this.chart = null;
  }

  priceAxisPaneViews() {
    return [{ renderer: () => this.wiper }];
  }

  private readonly wiper: IPrimitivePaneRenderer = {
    draw: (target) =>
      target.useMediaCoordinateSpace(({ context, mediaSize }) => {
        const tagged = this.places(this.tags());
        for (const y of this.places(this.labels)) {
          if (!tagged.some((tag) => Math.abs(tag - y) < LABEL_HALF_PX + TAG_HALF_PX)) continue;
          context.clearRect(0, y - LABEL_HALF_PX, mediaSize.width, 2 * LABEL_HALF_PX);
        }
      }),
  };

  private places(prices: readonly number[]): number[] {
    return prices.flatMap((price) => this.chart?.series.priceToCoordinate(price) ?? []);
  }
}
