// A map of small images: drag a line around some of them; the arrow keys ask for another layer or projection.
function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.width = 720; canvas.height = 480; canvas.tabIndex = 0;
  canvas.style.cssText = "max-width:100%; border:1px solid #888; background:#fff; touch-action:none; cursor:crosshair";
  canvas.setAttribute("role", "img");
  el.append(canvas);
  const pen = canvas.getContext("2d"), atlas = new Image();
  let outline = [];

  const place = ([x, y], size) => [10 + x * (canvas.width - 20 - size), 10 + (1 - y) * (canvas.height - 20 - size)];
  const back = (px, py, size) => [(px - 10 - size / 2) / (canvas.width - 20 - size),
                                  1 - (py - 10 - size / 2) / (canvas.height - 20 - size)];

  function draw() {
    const tile = model.get("tile"), columns = model.get("columns"), size = model.get("size");
    const opacity = model.get("opacity"), colors = model.get("colors"), chosen = new Set(model.get("chosen"));
    pen.clearRect(0, 0, canvas.width, canvas.height);
    model.get("points").forEach((point, i) => {
      const [x, y] = place(point, size);
      pen.globalAlpha = opacity[i];
      pen.drawImage(atlas, (i % columns) * tile, Math.floor(i / columns) * tile, tile, tile, x, y, size, size);
      pen.lineWidth = chosen.has(i) ? 4 : 2;
      pen.strokeStyle = chosen.has(i) ? "#000" : colors[i];
      if (chosen.has(i) || colors[i]) pen.strokeRect(x, y, size, size);
    });
    pen.globalAlpha = 1; pen.lineWidth = 2; pen.strokeStyle = "#D55E00";
    pen.beginPath();
    outline.forEach(([x, y]) => pen.lineTo(x, y));
    pen.stroke();
    canvas.setAttribute("aria-label", model.get("alt"));
  }

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => { outline = [at(event)]; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => { if (outline.length) { outline.push(at(event)); draw(); } });
  canvas.addEventListener("pointerup", () => {
    const size = model.get("size");
    if (outline.length > 2) model.send({ outline: outline.map(([x, y]) => back(x, y, size)) });
    outline = []; draw();
  });
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: ["layer", -1], ArrowRight: ["layer", 1], ArrowUp: ["projection", -1], ArrowDown: ["projection", 1] };
    if (steps[event.key]) { event.preventDefault(); event.stopPropagation(); model.send({ step: steps[event.key] }); }
  });
  atlas.onload = draw;
  atlas.src = model.get("atlas");
  for (const name of ["points", "opacity", "colors", "chosen", "alt"]) model.on(`change:${name}`, draw);
}
export default { render };
