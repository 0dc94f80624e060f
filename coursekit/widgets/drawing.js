// A pad to draw on, with a pointer or with keys; `strokes` holds lines of points [x, y] from 0 to 1.
function render({ model, el }) {
  const side = 220, canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  canvas.tabIndex = 0;
  canvas.style.cssText = "border:2px solid #888; background:white; touch-action:none; cursor:crosshair";
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Drawing pad: drag with the pointer, or press space to lower and raise the pen " +
    "and the arrow keys to move it");
  el.append(canvas);
  const context = canvas.getContext("2d");
  let strokes = [], down = false, pen = [0.5, 0.2];

  function draw() {
    context.clearRect(0, 0, side, side);
    Object.assign(context, { lineWidth: side / 14, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(stroke[0][0] * side, stroke[0][1] * side);
      for (const [x, y] of stroke) context.lineTo(x * side, y * side);
      context.stroke();
    }
    context.fillStyle = down ? "#D55E00" : "#888";
    context.fillRect(pen[0] * side - 2, pen[1] * side - 2, 4, 4);
  }
  function send() {
    model.set("strokes", strokes.map((stroke) => stroke.slice()));
    model.save_changes();
  }
  const begin = (point) => { down = true; strokes.push([point]); };
  const move = (point) => { if (down) strokes.at(-1).push(point); };
  const end = () => { if (down) { down = false; send(); } };
  const place = (event) => (pen = [event.offsetX / side, event.offsetY / side]);

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    begin(place(event));
    draw();
  });
  canvas.addEventListener("pointermove", (event) => { if (down && event.buttons) { move(place(event)); draw(); } });
  canvas.addEventListener("pointerup", () => { end(); draw(); });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    if (event.key === " ") { down ? end() : begin(pen); }
    else move(pen = pen.map((value, i) => Math.min(0.95, Math.max(0.05, value + step[i] * 0.04))));
    draw();
  });
  model.on("change:strokes", () => {
    if (model.get("strokes").length) return;
    strokes = [], down = false, pen = [0.5, 0.2];
    draw();
  });
  draw();
}
export default { render };
