// The chosen images as buttons: press one to leave it out.
function render({ model, el }) {
  const grid = document.createElement("div");
  grid.style.cssText = "display:flex; flex-wrap:wrap; gap:3px; max-height:260px; overflow-y:auto";
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", "Chosen images: press one to leave it out");
  el.append(grid);

  function draw() {
    const tile = model.get("tile"), columns = model.get("columns");
    grid.replaceChildren(...model.get("chosen").map((i) => {
      const button = document.createElement("button");
      button.title = `Leave out image ${i}`;
      button.setAttribute("aria-label", button.title);
      button.style.cssText = `width:${tile}px; height:${tile}px; padding:0; border:1px solid #888; cursor:pointer;` +
        `background:url(${model.get("atlas")}) -${(i % columns) * tile}px -${Math.floor(i / columns) * tile}px`;
      button.addEventListener("click", () => model.send({ leave_out: i }));
      return button;
    }));
  }
  model.on("change:chosen", draw);
  draw();
}
export default { render };
