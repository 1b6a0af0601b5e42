// What the test asks of a page. Everything here is run in the page by the test, never by the page itself.
(() => {
  const numbers = text => text.match(/[\d.]+/g).map(Number);

  // [red, green, blue, alpha], each from 0 to 1, of what getComputedStyle says.
  const colour = text => {
    if (text === "none" || text === "transparent") return [0, 0, 0, 0];
    const parts = numbers(text.replace("color(srgb", "("));
    const scale = text.startsWith("rgb") ? 255 : 1;
    return [...parts.slice(0, 3).map(part => part / scale), parts[3] ?? 1];
  };
  const over = (top, below) =>
    [...[0, 1, 2].map(part => top[part] * top[3] + below[part] * (1 - top[3])), 1];
  const luminance = ([red, green, blue]) => {
    const linear = part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };

  const background = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [1, 1, 1, 1]);
  };
  const isShown = element => element.checkVisibility({ contentVisibilityAuto: true });
  const name = element => `${element.tagName}.${element.getAttribute("class") ?? ""} ${element.textContent.trim().slice(0, 40)}`;

  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (walker.currentNode.data.trim() && isShown(element) && !element.closest("title, desc")) found.add(element);
    }
    return [...found];
  };

  return {
    // Every text, beside the contrast it has to what it stands on. Letters on a coloured area count as on it.
    textContrast() {
      const areas = [...document.querySelectorAll("svg .area")];
      return texts().map(element => {
        const style = getComputedStyle(element);
        const isDrawn = element.closest("svg") !== null;
        const text = colour(isDrawn ? style.fill : style.color);
        const grounds = [background(element)];
        if (element.matches(".number")) {
          for (const area of areas) {
            const { fill, fillOpacity } = getComputedStyle(area);
            grounds.push(over([...colour(fill).slice(0, 3), Number(fillOpacity)], grounds[0]));
          }
        }
        return [name(element), Math.min(...grounds.map(ground => contrast(over(text, ground), ground)))];
      });
    },
    // Every mark that stands for figures, beside its contrast.
    markContrast() {
      return [...document.querySelectorAll("svg .mark, svg .hollow, svg .dot circle, .key")].filter(isShown).map(mark => {
        const style = mark.matches(".key") ? getComputedStyle(mark, "::before") : getComputedStyle(mark);
        const shown = mark.matches(".key") ? style.backgroundColor : mark.matches(".hollow") ? style.stroke : style.fill;
        const paint = colour(shown);
        let ground = background(mark);
        // A circle stands on the area of its own segment.
        if (mark.tagName === "circle" && !mark.matches(".c0, .dot circle")) {
          const area = document.querySelector(`svg .area.${mark.getAttribute("class").split(" ").pop()}`);
          if (area) ground = over([...paint.slice(0, 3), Number(getComputedStyle(area).fillOpacity)], ground);
        }
        return [name(mark), contrast(over(paint, ground), ground)];
      });
    },
    darkness: () => 1 - luminance(background(document.body)),
    // Charts without a name, or without words.
    mute() {
      return [...document.querySelectorAll("svg[role=img]")].filter(svg => {
        const told = (svg.getAttribute("aria-labelledby") ?? "").split(" ").map(id => document.getElementById(id));
        return told.length !== 2 || told.some(part => !part || !svg.contains(part) || !part.textContent.trim());
      }).map(name);
    },
    // Drawings that are neither charts, nor parts of one, nor kept from those who listen.
    loose: () => [...document.querySelectorAll("svg:not([role=img]):not([aria-hidden=true])")]
      .filter(svg => !svg.parentElement.closest("svg[role=img]")).map(name),
    // What is told twice by one id, and what leads nowhere.
    badIds() {
      const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
      const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
      const led = [...document.querySelectorAll("a[href]")].map(link => link.getAttribute("href"));
      return [...twice, ...led.filter(to => !to.startsWith("#") || !document.getElementById(to.slice(1)))];
    },
    overflow: () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    // Texts of charts that reach out of the page, to be read by nobody.
    cut() {
      const width = document.documentElement.clientWidth;
      return [...document.querySelectorAll("svg text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width > 0 && (box.left < 0 || box.right > width);
      }).map(name);
    },
    focusable: () => [...document.querySelectorAll("a[href], summary, [tabindex='0']")].filter(isShown).map(name),
    focused: () => (document.activeElement === document.body ? null : name(document.activeElement)),
    headings: () => [...document.querySelectorAll("h2")].map(heading => heading.textContent),
    scripts: () => document.scripts.length,
    // The figures of a table: the value of each, by the row's and the cell's own marks.
    table: id => [...(document.getElementById(id)?.querySelectorAll("tbody tr") ?? [])].map(row => ({
      ...row.dataset,
      cells: [...row.querySelectorAll("td")].map(cell => ({
        ...cell.dataset, value: cell.querySelector("data")?.value ?? null, text: cell.textContent,
      })),
    })),
    value: id => document.getElementById(id)?.querySelector("data")?.value ?? null,
    total: id => [...(document.getElementById(id)?.querySelectorAll("tfoot data") ?? [])].map(data => data.value),
    open: () => document.querySelectorAll("details").forEach(part => { part.open = true; }),
  };
})()
