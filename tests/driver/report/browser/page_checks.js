// What a reader would trip over, measured in the page as it is laid out: returns a list of sentences.
(() => {
  const found = [];
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const name = (element) => {
    const section = element.closest("section, header, nav");
    const where = section ? section.id || section.getAttribute("aria-label") || section.tagName : "page";
    return `${where}: <${element.tagName.toLowerCase()}> ${element.textContent.trim().replace(/\s+/g, " ").slice(0, 60)}`;
  };
  const say = (what, element) => found.push(`${what}: ${name(element)}`);

  // Nothing is wider than the window, or cut off, or written over something else.
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > room) found.push(`the page is ${document.documentElement.scrollWidth} px wide, the window ${room}`);
  for (const element of all("body *").filter(shown)) {
    const style = getComputedStyle(element);
    const box = element.closest(".scroll, pre, svg");
    const boxed = box && (box.matches("svg") || /auto|scroll/.test(getComputedStyle(box).overflowX));
    if (!boxed && element.getBoundingClientRect().right > room + 0.5) say("beyond the window", element);
    if (style.overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1) say("cut off", element);
    if (/auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.tabIndex < 0)
      say("a box that only a mouse can scroll", element);
    if (/^(TH|TD|B|SPAN|LI|P|DD|DT|H[1-6]|FIGCAPTION|CAPTION|A)$/.test(element.tagName) && style.display !== "inline"
      && element.scrollWidth > element.clientWidth + 1) say("wider than its box", element);
  }
  for (const table of all("table").filter(shown)) {
    const edge = table.getBoundingClientRect().right;
    for (const row of all("tbody tr, thead tr:first-child", table))
      if (Math.abs(row.lastElementChild.getBoundingClientRect().right - edge) > 1.5) say("a row of another length", row);
    const room = table.closest(".scroll")?.clientWidth;
    if (innerWidth >= 1280 && table.offsetWidth > room + 1 && !table.closest("details")) say(`${table.offsetWidth} px in a box of ${room}`, table);
  }
  const apart = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) < 1
    || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 3;  // lines of text have room above and below
  for (const figure of all("svg").filter(shown)) {
    const frame = figure.getBoundingClientRect();
    const texts = all("text", figure).map((text) => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, box], n) => {
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
      if (!inside) say("a text leaves its figure", text);
      for (const [other, its] of texts.slice(n + 1)) if (!apart(box, its)) say(`over "${other.textContent}"`, text);
    });
  }

  // Contrast as WCAG 2 defines it: 4.5 for text, 3 for text that is large and for what is drawn.
  const parts = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = (top, ground, alpha) => [0, 1, 2].map((i) => top[i] * alpha + ground[i] * (1 - alpha));
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const colour = parts(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour : over(colour, ground(element.parentElement), colour[3]);
  };
  const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const written = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  for (const element of all("body *").filter((one) => shown(one) && written(one) && !one.closest("svg"))) {
    const style = getComputedStyle(element), below = ground(element);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const reached = contrast(over(parts(style.color), below, parts(style.color)[3] * opacity(element)), below);
    if (reached < (large ? 3 : 4.5)) say(`contrast ${reached.toFixed(2)} of text`, element);
  }
  const drawn = "rect, circle, polygon, polyline, path, line";
  const paint = (element, kind) => {
    const style = getComputedStyle(element);
    return style[kind] === "none" ? null : { colour: parts(style[kind]), alpha: Number(style[`${kind}Opacity`]) * Number(style.opacity) };
  };
  const GRID = [227, 231, 235];  // lines that only guide the eye
  for (const figure of all("svg").filter(shown)) {
    const shapes = all(drawn, figure);
    for (const shape of shapes) {
      const kinds = ["fill", "stroke"].map((kind) => paint(shape, kind)).filter(Boolean);
      const guide = kinds.some((one) => GRID.every((v, i) => v === one.colour[i]));
      const best = Math.max(0, ...kinds.map((one) => contrast(over(one.colour, [255, 255, 255], 1), [255, 255, 255])));
      if (kinds.length && !guide && best < 3) say(`contrast ${best.toFixed(2)} of what is drawn`, figure);
    }
    for (const text of all("text", figure)) {
      const box = text.getBBox(), middle = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
      let below = [255, 255, 255];
      for (const shape of shapes) {
        const fill = paint(shape, "fill");
        const before = shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (before && fill && shape.isPointInFill(middle)) below = over(fill.colour, below, fill.alpha);
      }
      const reached = contrast(parts(getComputedStyle(text).fill), below);
      if (reached < 4.5) say(`contrast ${reached.toFixed(2)} of a figure's text`, text);
    }
  }

  // Who hears the page, or walks it with the keyboard.
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  if (all("main").length !== 1) found.push(`${all("main").length} landmarks <main>`);
  for (const element of [...document.body.children]) if (!element.matches("main, header, footer, nav, aside")) say("outside every landmark", element);
  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids.filter((one, n) => ids.indexOf(one) !== n))) found.push(`id ${id} is there twice`);
  const levels = all("h1, h2, h3, h4, h5, h6").filter(shown);
  if (levels[0]?.tagName !== "H1" || all("h1").length !== 1) found.push("not one <h1>, first");
  levels.slice(1).forEach((heading, n) => { if (heading.tagName[1] - levels[n].tagName[1] > 1) say(`after <${levels[n].tagName}>`, heading); });
  for (const heading of levels) if (!heading.textContent.trim()) say("an empty heading", heading);
  for (const figure of all("svg")) if (figure.getAttribute("role") !== "img" || !figure.querySelector(":scope > title")?.textContent.trim()) say("a figure without role or title", figure);
  for (const header of all("th")) if (!/^(col|row|colgroup|rowgroup)$/.test(header.scope)) say("a header without scope", header);
  for (const link of all("a")) {
    if (!link.textContent.trim()) say("a link without text", link);
    if (!document.getElementById(link.getAttribute("href").slice(1))) say("a link to nowhere", link);
  }
  for (const box of all("[tabindex]")) if (box.tabIndex > 0) say("out of the order of the keyboard", box);
  for (const list of all("ul, ol")) if ([...list.children].some((child) => child.tagName !== "LI")) say("a list of other things", list);
  for (const section of all("section")) {
    if (!section.id && !section.getAttribute("aria-label")) say("a section without a name", section);
    const text = [...section.children].filter((child) => shown(child) && !/^H[1-6]$/.test(child.tagName)).map((child) => child.textContent.trim()).join("");
    if (shown(section) && !text) say("an empty section", section);
  }
  return found;
})()
