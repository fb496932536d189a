"use strict";
// The picture of the fleet. Texts from the database reach the page through `textContent` only.
(() => {
  const data = JSON.parse(document.getElementById("fleet").textContent);
  const count = data.keys.length;
  if (count === 0) return;
  const find = (id) => document.getElementById(id);
  const [canvas, tip, detail] = [find("squares"), find("tip"), find("detail")];
  const context = canvas.getContext("2d");
  find("picture").hidden = false;

  // The tenants: how each is drawn and what is told of it.
  const LAST_COLOUR = 7;
  // Squares that are too small for a cross are marked by filling the gap to the next.
  const CROSSED = 8;
  const halfWay = new Set(data.half_way);
  const missing = new Set(data.missing);
  const state = (tenant) => data.states[data.state[tenant]];
  const isOut = (tenant) => state(tenant) === "dropping";
  const isLocked = (tenant) => state(tenant) === "suspended";
  const isStandby = (tenant) => state(tenant) === "standby";
  const hasFailed = (tenant) => data.failed[tenant] !== undefined;
  const version = (tenant) => data.versions[data.version[tenant]];
  const schema = (tenant) => data.schemas[tenant] ?? data.keys[tenant];
  const versionName = (it) => it.id ?? (it.position === 0 ? "before the first" : "version " + it.position);
  const number = (it) => it.toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  // The kinds that the legend shows and that can be shown alone. Each has a tenant as a specimen.
  const tenants = Array.from({ length: count }, (_, tenant) => tenant);
  const kinds = data.versions.map((it, place) => ({ name: versionName(it), of: (t) => !isOut(t) && data.version[t] === place,
    look: { colour: "--v" + Math.min(place, LAST_COLOUR) } }));
  kinds.push(
    { name: "failed", of: hasFailed, look: { colour: "--failed", cross: true } },
    { name: "without schema", of: (t) => missing.has(t), look: { colour: "--missing", ring: true, cross: true } },
    { name: "half-way", of: (t) => halfWay.has(t), look: { colour: "--v1", half: true } },
    { name: "standby", of: isStandby, look: { colour: "--v0", ring: true } },
    { name: "suspended", of: isLocked, look: { colour: "--v0", faint: true } },
    { name: "being dropped", of: isOut, look: { colour: "--out" } },
  );
  const look = (tenant) => {
    if (hasFailed(tenant)) return { colour: "--failed", cross: true };
    if (missing.has(tenant)) return { colour: "--missing", ring: true, cross: true };
    if (isOut(tenant)) return { colour: "--out" };
    return { colour: "--v" + Math.min(data.version[tenant], LAST_COLOUR), half: halfWay.has(tenant),
      ring: isStandby(tenant), faint: isLocked(tenant) };
  };

  let order = tenants;
  let shown = () => true;
  let hovered = null;
  let chosen = null;
  let grid = { columns: 1, cell: 10 };
  let colours = {};

  function paint(on, { colour, cross, ring, half, faint }, x, y, size) {
    on.fillStyle = on.strokeStyle = colours[colour];
    const alpha = on.globalAlpha;
    if (faint) on.globalAlpha = alpha * 0.45;
    if (ring) {
      const width = Math.max(1, size / 6);
      on.lineWidth = width;
      on.strokeRect(x + width / 2, y + width / 2, size - width, size - width);
    } else if (half) {
      on.beginPath();
      on.moveTo(x, y); on.lineTo(x + size, y); on.lineTo(x, y + size);
      on.fill();
      on.lineWidth = 1;
      on.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    } else {
      on.fillRect(x, y, size, size);
    }
    if (cross && size >= CROSSED) {
      const inset = size * 0.26;
      on.strokeStyle = ring ? colours[colour] : colours["--card"];
      on.lineWidth = Math.max(1, size / 9);
      on.beginPath();
      on.moveTo(x + inset, y + inset); on.lineTo(x + size - inset, y + size - inset);
      on.moveTo(x + size - inset, y + inset); on.lineTo(x + inset, y + size - inset);
      on.stroke();
    }
    on.globalAlpha = alpha;
  }

  const gap = () => (grid.cell >= 12 ? 3 : grid.cell >= 8 ? 2 : 1);

  function draw() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["--failed", "--missing", "--out", "--card", "--ink", ...Array.from({ length: 8 }, (_, v) => "--v" + v)]) {
      colours[name] = style.getPropertyValue(name).trim();
    }
    const width = canvas.parentElement.clientWidth;
    const cell = Math.max(6, Math.min(count <= 100 ? 36 : 26, Math.floor(Math.sqrt((width * 420) / count))));
    const columns = Math.max(1, Math.floor(width / cell));
    grid = { columns, cell };
    const height = Math.ceil(count / columns) * cell;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.height = height + "px";
    context.setTransform(scale, 0, 0, scale, 0, 0);
    order.forEach((tenant, place) => {
      const [x, y] = corner(place);
      context.globalAlpha = shown(tenant) ? 1 : 0.13;
      const how = look(tenant);
      const size = cell - gap();
      const isFilled = how.cross && size < CROSSED;
      paint(context, how, x, y, isFilled ? cell : size);
    });
    context.globalAlpha = 1;
    for (const tenant of [hovered, chosen]) if (tenant !== null) mark(tenant);
    for (const [kind, sample] of samples) drawSample(kind, sample, scale);
  }

  const corner = (place) => [(place % grid.columns) * grid.cell, Math.floor(place / grid.columns) * grid.cell];

  function mark(tenant) {
    const [x, y] = corner(order.indexOf(tenant));
    const size = grid.cell - gap();
    context.strokeStyle = colours["--ink"];
    context.lineWidth = 2;
    context.strokeRect(Math.max(1, x - 1), Math.max(1, y - 1), size + 2, size + 2);
  }

  // The legend.
  const samples = [];
  let only = null;
  for (const kind of kinds) {
    const many = tenants.filter(kind.of).length;
    if (many === 0) continue;
    const button = element("button");
    const sample = element("canvas");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(sample, element("span", kind.name), element("span", number(many), "many"));
    button.addEventListener("click", () => {
      only = only === kind ? null : kind;
      for (const other of find("legend").children) other.setAttribute("aria-pressed", String(other === button && only !== null));
      filter();
    });
    samples.push([kind, sample]);
    find("legend").append(button);
  }

  function drawSample(kind, sample, scale) {
    sample.width = sample.height = 14 * scale;
    const on = sample.getContext("2d");
    on.scale(scale, scale);
    paint(on, kind.look, 0, 0, 14);
  }

  // What is told of a tenant.
  const time = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");

  function summary(tenant) {
    const lines = [data.keys[tenant], versionName(version(tenant)) + ", " + state(tenant)];
    if (hasFailed(tenant)) lines.push("failed: " + data.failed[tenant].error.split("\n")[0]);
    if (missing.has(tenant)) lines.push("its schema is not there");
    if (halfWay.has(tenant)) lines.push("half-way to the next version");
    return lines.join("\n");
  }

  function choose(tenant) {
    chosen = tenant;
    const list = element("dl");
    const row = (name, text, kind = "span") => {
      const value = element("dd");
      value.append(element(kind, text));
      list.append(element("dt", name), value);
    };
    row("Tenant", data.keys[tenant]);
    row("Schema", schema(tenant) + (missing.has(tenant) ? " (is not there)" : ""));
    row("State", state(tenant));
    row("Version", versionName(version(tenant)) + (halfWay.has(tenant) ? " (half-way to the next)" : ""));
    if (version(tenant).pending.length > 0) row("Lacks", version(tenant).pending.join(", "));
    if (hasFailed(tenant)) {
      const { error, at } = data.failed[tenant];
      row("Failed" + (at ? " at " + time(at) : ""), error, "pre");
    }
    detail.replaceChildren(list);
    draw();
  }

  // Search and filter.
  const search = find("search");
  const MATCHES = 30;

  function filter() {
    const text = search.value.trim().toLowerCase();
    const fits = (tenant) => data.keys[tenant].toLowerCase().includes(text) || schema(tenant).includes(text)
      || (hasFailed(tenant) && data.failed[tenant].error.toLowerCase().includes(text));
    const isAll = text === "" && only === null;
    hover(null);
    shown = (tenant) => (text === "" || fits(tenant)) && (only === null || only.of(tenant));
    const found = isAll ? [] : order.filter(shown);
    find("found").textContent = isAll ? "" : number(found.length) + " of " + number(count);
    find("matches").replaceChildren(...found.slice(0, MATCHES).map((tenant) => {
      const [item, button] = [element("li"), element("button", data.keys[tenant])];
      button.type = "button";
      button.addEventListener("click", () => choose(tenant));
      item.append(button);
      return item;
    }));
    if (found.length > MATCHES) find("matches").append(element("li", "… and " + number(found.length - MATCHES) + " more", "note"));
    draw();
  }

  search.addEventListener("input", filter);
  find("order").addEventListener("change", (event) => {
    const compare = {
      age: (a, b) => a - b,
      version: (a, b) => data.version[b] - data.version[a] || a - b,
      key: (a, b) => (data.keys[a] < data.keys[b] ? -1 : 1),
    };
    order = [...tenants].sort(compare[event.target.value]);
    filter();
  });

  // Pointer and keyboard.
  function at(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / grid.cell);
    const row = Math.floor((event.clientY - box.top) / grid.cell);
    return column < grid.columns && column >= 0 ? order[row * grid.columns + column] ?? null : null;
  }

  function hover(event) {
    const tenant = event === null ? null : at(event);
    if (tenant !== hovered) {
      hovered = tenant;
      draw();
    }
    tip.hidden = tenant === null;
    if (tenant === null) return;
    tip.textContent = summary(tenant);
    const box = canvas.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth);
    tip.style.left = Math.max(0, left) + "px";
    tip.style.top = event.clientY - box.top + 18 + "px";
  }

  canvas.addEventListener("pointermove", hover);
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("click", (event) => {
    const tenant = at(event);
    if (tenant !== null) choose(tenant);
  });
  canvas.addEventListener("keydown", (event) => {
    const place = chosen === null ? -1 : order.indexOf(chosen);
    const next = { ArrowRight: place + 1, ArrowLeft: place - 1, ArrowDown: Math.max(0, place) + grid.columns,
      ArrowUp: place - grid.columns, Home: 0, End: count - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next >= 0 && next < count) choose(order[next]);
  });

  let drawnWidth = 0;
  new ResizeObserver(() => {
    // Drawing changes the height, which is no reason to draw again.
    const width = canvas.parentElement.clientWidth;
    if (width !== drawnWidth) requestAnimationFrame(draw);
    drawnWidth = width;
  }).observe(canvas.parentElement);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
