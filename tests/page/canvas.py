"""What is drawn on a chart's canvas."""

# JavaScript, of colours as `getComputedStyle` writes them: how many pixels of the chart are of one of these.
PIXELS_OF = """(colours) => {
  let found = 0;
  for (const canvas of document.querySelectorAll(".chart-canvas canvas")) {
    if (!canvas.width || !canvas.height) continue;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] === 255 && colours.includes(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`)) found += 1;
  }
  return found;
}"""
