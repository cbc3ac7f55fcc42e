/** The room above and below a line. Of that below there is no more than down to nothing: there are no prices there. */

import type { AutoscaleInfo } from "lightweight-charts";

const ABOVE = 0.12; // parts of the height
const BELOW = 0.16;
const FLAT_CENTS = 5; // what a line that never changes has on either side

/** For the line's `autoscaleInfoProvider`; its scale needs no margins of its own then. */
export function roomAround(heightPx: () => number): (scale: () => AutoscaleInfo | null) => AutoscaleInfo | null {
  return (scale) => {
    const found = scale();
    if (!found?.priceRange) return found;
    const { minValue: low, maxValue: high } = found.priceRange;
    const isFlat = low === high;
    const minValue = isFlat ? Math.max(0, low - FLAT_CENTS) : low;
    const maxValue = isFlat ? high + FLAT_CENTS : high;
    const above = ABOVE * heightPx() + (found.margins?.above ?? 0);
    const wanted = BELOW * heightPx() + (found.margins?.below ?? 0);
    const downToNothing = (Math.max(0, minValue) * (heightPx() - above)) / maxValue;
    return { priceRange: { minValue, maxValue }, margins: { above, below: Math.min(wanted, downToNothing) } };
  };
}
