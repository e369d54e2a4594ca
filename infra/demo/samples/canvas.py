"""Tubes, panels, discs and rings with a little light on them, painted from far to near."""

from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFilter

from infra.demo.samples.view import Pixel, Point, View, arc, curve

Colour = tuple[int, int, int]


def shade(colour: Colour, factor: float) -> Colour:
    """Return the colour darker (`factor` 0..1) or lighter, towards white (1..2)."""
    if factor <= 1:
        red, green, blue = (round(value * factor) for value in colour)
    else:
        red, green, blue = (round(255 - (255 - value) * (2 - factor)) for value in colour)
    return red, green, blue


class Canvas:
    """Collects the shapes of a subject and paints them from the farthest layer to the nearest."""

    def __init__(self, image: Image.Image, view: View) -> None:
        """Shapes are painted into `image`, in place."""
        self.image = image
        self.view = view
        self._draw = ImageDraw.Draw(image)
        self._queue: list[tuple[float, Callable[[], None]]] = []

    def paint(self) -> None:
        """Paint all collected shapes; within a layer, in the order of the calls."""
        for _layer, work in sorted(self._queue, key=lambda entry: entry[0]):
            work()
        self._queue.clear()

    def tube(
        self, points: Sequence[Point], width: float, colour: Colour, *, shiny: bool = True
    ) -> None:
        """Add a round bar along the points, dark at its edges; `width` in metres."""
        middle = points[len(points) // 2]
        thick = max(2, round(width * self.view.scale(middle)))
        pixels = [self.view.project(point) for point in points]
        depth = sum(point[2] if len(point) == 3 else 0.0 for point in points) / len(points)
        self._later(depth, lambda: self._bar(pixels, thick, colour, 1.3 if shiny else 1.06))

    def panel(
        self,
        outline: Sequence[Point],
        colour: Colour,
        *,
        thick: float = 0.0,
        z: float = 0.0,
        smooth: bool = True,
    ) -> None:
        """Add a plate with this outline; `thick` metres, half on either side of the plane `z`."""
        points = curve(outline, closed=True) if smooth else list(outline)
        near, far = ([self._at(point, z, half) for point in points] for half in (thick, -thick))

        def work() -> None:
            if thick:
                self._draw.polygon(far, fill=shade(colour, 0.55))
                for index, pixel in enumerate(near):
                    quad = (pixel, near[index - 1], far[index - 1], far[index])
                    self._draw.polygon(quad, fill=shade(colour, 0.66))
            self._fill(near, shade(colour, 1.16), shade(colour, 0.78))

        self._later(z, work)

    def sheet(self, corners: Sequence[Point], colour: Colour, *, layer: float = 0.0) -> None:
        """Add a flat piece, visible only from the side where its corners run clockwise."""
        pixels = [self.view.project(point) for point in corners]
        turns = zip(pixels, [*pixels[1:], pixels[0]], strict=True)
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in turns) * self.view.side
        if area > 0:
            self._later(layer, lambda: self._fill(pixels, shade(colour, 1.1), shade(colour, 0.85)))

    def disc(self, centre: Point, radius: float, colour: Colour, *, thick: float = 0.0) -> None:
        """Add a round plate in the subject's plane; `radius` in metres."""
        z = centre[2] if len(centre) == 3 else 0.0
        self.panel(arc(centre[:2], radius, 0, 345, 23), colour, thick=thick, z=z, smooth=False)

    def ring(
        self, centre: Point, radius: float, width: float, colour: Colour, *, thick: float = 0.0
    ) -> None:
        """Add a hoop; `radius` is its outer edge, `width` that of the hoop, in metres."""
        z = centre[2] if len(centre) == 3 else 0.0
        steps = (-1.0, -0.5, 0.0, 0.5, 1.0) if thick else (1.0,)
        outer, inner = (arc(centre[:2], edge, 0, 360, 48) for edge in (radius, radius - width))
        hoops = [
            [self._at(point, z, thick * step) for point in (*outer, *reversed(inner))]
            for step in steps
        ]

        def work() -> None:
            for hoop in hoops[:-1]:
                self._draw.polygon(hoop, fill=shade(colour, 0.6))
            self._draw.polygon(hoops[-1], fill=colour)

        self._later(z, work)

    def shadow(self, half_length: float, half_width: float, strength: float) -> None:
        """Paint, at once, a soft shadow on the ground; `strength` 0..1."""
        ground = [
            self.view.project((point[0], 0.0, point[1] * half_width / half_length))
            for point in arc((0.0, 0.0), half_length, 0, 360)
        ]
        width, height = (max(1, side // 8) for side in self.image.size)
        mask = Image.new("L", (width, height))
        dark = round(255 * strength)
        ImageDraw.Draw(mask).polygon([(x / 8, y / 8) for x, y in ground], fill=dark)
        mask = mask.filter(ImageFilter.GaussianBlur(width / 90)).resize(self.image.size)
        self.image.paste((20, 20, 24), mask=mask)

    def _at(self, point: Point, z: float, half: float) -> Pixel:
        """Return the pixel half a thickness nearer to the camera, on either side of a subject."""
        return self.view.project((point[0], point[1], z + half / 2 * self.view.side))

    def _later(self, z: float, work: Callable[[], None]) -> None:
        self._queue.append((round(z * self.view.side, 3), work))

    def _bar(self, pixels: list[Pixel], thick: int, colour: Colour, gloss: float) -> None:
        dark, light = shade(colour, 0.6), shade(colour, gloss)
        self._stroke(pixels, thick, dark)
        self._stroke(pixels, max(1, round(thick * 0.72)), colour)
        lifted = [(x, y - thick * 0.16) for x, y in pixels]
        self._draw.line(lifted, fill=light, width=max(1, round(thick * 0.22)), joint="curve")

    def _stroke(self, pixels: list[Pixel], thick: int, colour: Colour) -> None:
        self._draw.line(pixels, fill=colour, width=thick, joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            half = thick / 2
            self._draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def _fill(self, pixels: list[Pixel], top: Colour, bottom: Colour) -> None:
        """Paint a polygon that gets darker downwards."""
        columns, rows = zip(*pixels, strict=True)
        left, upper = max(0, int(min(columns))), max(0, int(min(rows)))
        right = min(self.image.width, int(max(columns)) + 2)
        lower = min(self.image.height, int(max(rows)) + 2)
        if left >= right or upper >= lower:
            return
        size = (right - left, lower - upper)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x - left, y - upper) for x, y in pixels], fill=255)
        light = Image.new("RGB", (1, 2), top)
        light.putpixel((0, 1), bottom)
        self.image.paste(light.resize(size, Image.Resampling.BILINEAR), (left, upper), mask)
