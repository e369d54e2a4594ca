// The photo: fitted to its frame, zoomed by wheel, pinch, double click or key, moved by dragging.

const MAX_SCALE = 8;

export class Viewer {
  #picture = null;
  #scale = 1;
  #x = 0;
  #y = 0;
  #pointers = new Map();

  constructor(frame) {
    this.frame = frame;
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), this.#from(event));
    }, { passive: false });
    frame.addEventListener("dblclick", (event) => {
      if (event.target.closest("button")) return;
      if (this.#scale > 1) this.fit();
      else this.zoom(2.5, this.#from(event));
    });
    frame.addEventListener("pointerdown", (event) => this.#down(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      frame.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    new ResizeObserver(() => this.#draw()).observe(frame);
  }

  get scale() {
    return this.#scale;
  }

  /** Shows this picture, fitted to the frame; null removes it. */
  show(picture) {
    if (picture === this.#picture) return;
    this.#picture?.remove();
    this.#picture = picture;
    if (picture) {
      picture.alt = "The photo to review";
      picture.className = "photo";
      this.frame.prepend(picture);
    }
    this.fit();
  }

  fit() {
    [this.#scale, this.#x, this.#y] = [1, 0, 0];
    this.#draw();
  }

  /** Zooms by a factor around a point, which is measured from the frame's centre. */
  zoom(factor, [x, y] = [0, 0]) {
    const scale = Math.min(MAX_SCALE, Math.max(1, this.#scale * factor));
    const change = scale / this.#scale;
    this.#scale = scale;
    this.#x = x - (x - this.#x) * change;
    this.#y = y - (y - this.#y) * change;
    this.#draw();
  }

  pan(x, y) {
    this.#x += x;
    this.#y += y;
    this.#draw();
  }

  #from(event) {
    const box = this.frame.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  }

  #down(event) {
    if (event.target.closest("button") || (event.pointerType === "mouse" && event.button)) return;
    this.#pointers.set(event.pointerId, this.#from(event));
    this.frame.setPointerCapture(event.pointerId);
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = this.#from(event);
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return void this.pan(now[0] - before[0], now[1] - before[1]);
    const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    this.zoom(apart(now, other) / apart(before, other), middle);
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    return undefined;
  }

  #draw() {
    const picture = this.#picture;
    if (!picture) return;
    // The photo cannot be moved out of sight.
    const { clientWidth: width, clientHeight: height } = this.frame;
    const fit = Math.min(width / picture.naturalWidth, height / picture.naturalHeight);
    const beyond = (inner, outer) => Math.max(0, (inner * fit * this.#scale - outer) / 2);
    const most_x = beyond(picture.naturalWidth, width);
    const most_y = beyond(picture.naturalHeight, height);
    this.#x = Math.min(most_x, Math.max(-most_x, this.#x));
    this.#y = Math.min(most_y, Math.max(-most_y, this.#y));
    picture.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    this.frame.dataset.near = String(this.#scale > 1);
  }
}
