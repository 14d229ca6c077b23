// Runs in the page: what a reader with poor sight or large fingers would meet.
// Returns {contrast: [...], fonts: [...], targets: [...], overflow: number}: what breaks the limits given.
({ ratio, font, target }) => {
  const parse = (colour) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, colour) => over(colour, below), [255, 255, 255, 1]);
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !element.closest(".unseen, .skip:not(:focus)") && getComputedStyle(element).clipPath === "none";
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} “${(element.textContent || element.value || "").trim().slice(0, 20)}”`;

  const found = { contrast: [], fonts: [], targets: [], overflow: document.documentElement.scrollWidth - innerWidth, texts: 0 };
  const look = (element, style, words) => {
    found.texts += 1;
    const back = ground(element);
    const got = contrast(over(parse(style.color), back), back);
    if (got < ratio) found.contrast.push(`${name(element)} ${words} ${got.toFixed(2)}`);
    if (parseFloat(style.fontSize) < font) found.fonts.push(`${name(element)} ${words} ${style.fontSize}`);
  };
  for (const element of document.body.querySelectorAll("*")) {
    if (!seen(element)) continue;
    const style = getComputedStyle(element);
    if ([...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) look(element, style, "");
    for (const pseudo of ["::before", "::after", "::placeholder"]) {
      const own = getComputedStyle(element, pseudo);
      const words = pseudo === "::placeholder" ? element.placeholder : own.content.startsWith('"') && own.content.slice(1, -1);
      if (words) look(element, own, pseudo);
    }
    if (element.matches("button, a[href], textarea, input, select, summary")) {
      const { width, height } = element.getBoundingClientRect();
      if (Math.round(Math.min(width, height)) < target) found.targets.push(`${name(element)} ${width}×${height}`);
    }
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth + 1 && box.width) found.overflow = Math.max(found.overflow, box.right - innerWidth);
  }
  return found;
}
