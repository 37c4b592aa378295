"use strict";
/* Steps through a drawing, and says the frame under the pointer or the keys. Without this script the picture stands as
   it is, and its own titles are shown. */

for (const figure of document.querySelectorAll(".drawing")) {
  const events = [...figure.querySelectorAll(".event")];
  const frame = figure.querySelector(".frame");

  const say = (event) => {
    frame.hidden = false;
    frame.textContent = event.querySelector("title").textContent;
    const message = event.dataset.message;
    figure.classList.toggle("following", message !== undefined);
    for (const other of events) other.classList.toggle("same", other.dataset.message === message);
  };
  const stop = () => figure.classList.remove("following");
  const go = (event) => {
    if (!event) return;
    for (const other of events) other.tabIndex = other === event ? 0 : -1;
    event.focus({ preventScroll: true });
    event.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const isNotable = (event) => event.classList.contains("worth");
  const next = (from, by) => {
    const message = from.dataset.message;
    const along = events.filter((event) => event === from || (message && event.dataset.message === message));
    return along[along.indexOf(from) + by];
  };

  if (events.length) events[0].tabIndex = 0;
  for (const event of events) {
    event.addEventListener("focus", () => say(event));
    event.addEventListener("pointerenter", () => say(event));
    event.addEventListener("pointerleave", () => {
      if (figure.contains(document.activeElement)) say(document.activeElement);
      else stop();
    });
    event.addEventListener("blur", stop);
    event.addEventListener("click", () => go(event));
  }
  figure.addEventListener("keydown", (key) => {
    const now = document.activeElement;
    const place = events.indexOf(now);
    if (place < 0 || key.altKey || key.ctrlKey || key.metaKey) return;
    const steps = {
      ArrowRight: () => events[place + 1],
      ArrowLeft: () => events[place - 1],
      ArrowDown: () => next(now, 1),
      ArrowUp: () => next(now, -1),
      n: () => events.slice(place + 1).find(isNotable),
      p: () => events.slice(0, place).findLast(isNotable),
      Home: () => events[0],
      End: () => events.at(-1),
    };
    if (!(key.key in steps)) return;
    key.preventDefault();
    go(steps[key.key]());
  });
}
