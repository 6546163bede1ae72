// Charts as SVG, each with the same figures as a table for those who do not see it.
import { VERDICTS, element, language, percent, shape, texts } from "./common.js";

const HOUR = { hour: "2-digit", minute: "2-digit" };
const DAY_HOUR = { weekday: "short", ...HOUR };

export function total(verdicts) {
  return VERDICTS.reduce((sum, verdict) => sum + verdicts[verdict], 0);
}

export function drawHours(figure, hours) {
  // To the right there is room for half the name of the last hour.
  const width = 720, height = 170, base = 140, left = 30, right = 14, step = (width - left - right) / hours.length;
  const most = Math.max(1, ...hours.map((hour) => total(hour.verdicts)));
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": texts.by_hour });
  for (const mark of [0, most]) {
    const y = base - (mark / most) * 120;
    svg.append(shape("line", { x1: left, x2: width - right, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": .15 }),
      shape("text", { x: left - 5, y: y + 4, "text-anchor": "end" }, String(mark)));
  }
  hours.forEach((hour, index) => {
    let y = base;
    for (const verdict of VERDICTS) {
      const size = (hour.verdicts[verdict] / most) * 120;
      if (!size) continue;
      y -= size;
      svg.append(shape("rect", { class: verdict, x: left + index * step + 2, y, width: step - 4, height: size },
        shape("title", {}, `${clock(hour.start, HOUR)}: ${hour.verdicts[verdict]} ${texts[verdict]}`)));
    }
    if (new Date(hour.start * 1000).getHours() % 3 === 0)
      svg.append(shape("text", { x: left + (index + .5) * step, y: base + 16, "text-anchor": "middle" },
        clock(hour.start, { hour: "numeric" })));
  });
  const first = !figure.hasChildNodes();
  figure.replaceChildren(svg, legend(VERDICTS.map((verdict) => [verdict, texts[verdict]])),
    table([texts.time, ...VERDICTS.map((verdict) => texts[verdict])],
      hours.map((hour) => [clock(hour.start, DAY_HOUR), ...VERDICTS.map((verdict) => hour.verdicts[verdict])])));
  // On a narrow screen the present hour is what people look for.
  if (first) figure.scrollLeft = figure.scrollWidth;
}

export function drawWeek(figure, hours) {
  const cell = 26, left = 44, top = 18;
  const days = [...new Set(hours.map((hour) => day(hour.start)))];
  const svg = shape("svg", { viewBox: `0 0 ${left + 24 * cell} ${top + days.length * cell + 4}`, role: "img",
    "aria-label": texts.by_week });
  for (let hour = 0; hour < 24; hour += 3)
    svg.append(shape("text", { x: left + (hour + .5) * cell, y: 12, "text-anchor": "middle" }, String(hour)));
  days.forEach((name, row) => svg.append(shape("text", { x: 0, y: top + (row + .65) * cell }, name)));
  for (const hour of hours) {
    const x = left + new Date(hour.start * 1000).getHours() * cell, y = top + days.indexOf(day(hour.start)) * cell;
    const share = hour.compliance;
    const kind = share === null ? "empty" : share >= .95 ? "compliant" : share >= .8 ? "mask_incorrect" : "no_mask";
    svg.append(shape("rect", { class: kind, x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, rx: 3 },
      shape("title", {}, `${clock(hour.start, DAY_HOUR)}: ${share === null ? texts.no_data : percent(share)}`)));
    // The number as well: colours alone say nothing to some.
    if (share !== null)
      svg.append(shape("text", { class: "value", x: x + cell / 2, y: y + cell * .65, "text-anchor": "middle" },
        String(Math.round(share * 100))));
  }
  const known = hours.filter((hour) => hour.compliance !== null);
  figure.replaceChildren(svg,
    legend([["compliant", "≥ 95 %"], ["mask_incorrect", "80–95 %"], ["no_mask", "< 80 %"], ["empty", texts.no_data]]),
    table([texts.time, texts.compliance], known.map((hour) => [clock(hour.start, DAY_HOUR), percent(hour.compliance)])));
}

function clock(seconds, form) {
  return new Date(seconds * 1000).toLocaleTimeString(language, form);
}

function day(seconds) {
  return new Date(seconds * 1000).toLocaleDateString(language, { weekday: "short", day: "numeric" });
}

function legend(entries) {
  return element("div", { class: "legend", "aria-hidden": "true" }, ...entries.map(([kind, text]) =>
    element("span", {}, shape("svg", { viewBox: "0 0 10 10" },
      shape("rect", { class: kind, width: 10, height: 10, rx: 2 })), text)));
}

function table(heads, rows) {
  // Hidden by a box around it: a table is as large as what it holds.
  return element("div", { class: "hidden" }, element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((row) =>
      element("tr", {}, ...row.map((value) => element("td", {}, String(value))))))));
}
