// The lanes and curves of an incident, where they can be zoomed and pointed at. The
// page says everything without this script; pack.go has the same layout in Go.
'use strict';
(() => {
  const rowHeight = 17, maxRows = 4, glyph = 12, binWidth = 12, lanePad = 4, leastLane = 38;
  const binStrip = 11, gapStrip = 6, chartHeight = 72, rulerRow = 15, shortest = 1000;
  const font = '11px system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif';
  const severities = ['info', 'warning', 'critical'];

  const byID = (id) => document.getElementById(id);
  const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
  const main = byID('story');

  let story = null;              // what data.json says, with what is computed from it
  let rows = [];                 // canvases, from top to bottom
  let view = {from: 0, to: 1};   // what is seen, in ms after the beginning of the window
  let colours = {}, hatch = {};
  let width = 0;                 // of a canvas, in CSS pixels
  let pointer = null;            // {x, row, y} over the stage
  let told = 0, telling = 0; // when words were written last; the timer of what was left out
  let walked = null, selected = '';
  let drawing = 0, allDirty = false, hoverDirty = false;
  let signs = [];                // pictures of the signs, by severity
  let moving = false;            // while the view changes, what costs most is left out

  // ---------------------------------------------------------------- what there is

  async function load() {
    const answer = await fetch(main.dataset.story, {credentials: 'same-origin'});
    if (!answer.ok) throw new Error(`data.json: ${answer.status}`);
    const raw = await answer.json();
    const s = {...raw, byID: new Map()};
    s.lanes = raw.lanes.map((l) => ({...l, events: [], gaps: l.gaps || [], k: -1}));
    s.events = raw.events.map((a, n) => {
      const e = {
        n, id: a[0], lane: a[1], kind: raw.kinds[a[2]], severity: a[3], at: a[4], earliest: a[5], latest: a[6],
        open: a[7] === null, end: a[7] === null ? raw.length : a[7], endEarliest: a[8], endLatest: a[9], label: a[10], text: a[11], wide: 0,
      };
      s.byID.set(e.id, e);
      s.lanes[e.lane].events.push(e);
      return e;
    });
    for (const l of s.lanes) {
      l.order = l.events.slice().sort((a, b) => b.severity - a.severity || a.at - b.at);
    }
    return s;
  }

  // ---------------------------------------------------------------- colours

  function paint() {
    const style = getComputedStyle(document.documentElement);
    colours = {};
    for (const name of ['ground', 'ink', 'soft', 'grid', 'critical', 'warning', 'warning-weak', 'info', 'info-weak', 'curve', 'band', 'normal',
      'gap', 'whisker', 'onset', 'detected', 'mitigated', 'recovered', 'resolved', 'phaseband', 'select']) {
      colours[name] = style.getPropertyValue('--' + name).trim();
    }
    hatch.warning = stripes(colours['warning-weak'], colours.warning, 1);
    hatch.gap = stripes('transparent', colours.gap, -1);
    signs = severities.map((_, severity) => {
      const scale = devicePixelRatio || 1, tile = new OffscreenCanvas(16 * scale, 16 * scale), c = tile.getContext('2d');
      c.scale(scale, scale);
      sign(c, severity, 8, 8);
      return tile;
    });
  }

  function stripes(ground, line, slope) {
    const scale = devicePixelRatio || 1, size = 6 * scale;
    const tile = new OffscreenCanvas(size, size), c = tile.getContext('2d');
    c.fillStyle = ground;
    c.fillRect(0, 0, size, size);
    c.strokeStyle = line;
    c.lineWidth = 2 * scale;
    c.beginPath();
    for (const shift of [-size, 0, size]) {
      c.moveTo(shift - size, slope > 0 ? size * 2 : -size);
      c.lineTo(shift + size * 2, slope > 0 ? -size : size * 2);
    }
    c.stroke();
    const pattern = c.createPattern(tile, 'repeat');
    pattern.setTransform(new DOMMatrix().scale(1 / scale));
    return pattern;
  }

  // ---------------------------------------------------------------- canvases

  function build() {
    const stage = byID('stage');
    rows = [];
    const add = (cell, kind, data, height) => {
      const canvas = document.createElement('canvas');
      canvas.setAttribute('aria-hidden', 'true');
      cell.querySelector('canvas')?.remove();
      cell.append(canvas);
      const row = {cell, canvas, kind, data, height, seen: true, dirty: true, context: canvas.getContext('2d'), value: cell.parentElement.querySelector('.value')};
      cell.row = row;
      rows.push(row);
    };
    add(byID('ruler'), 'ruler', null, rulerRow * 2);
    for (const cell of stage.querySelectorAll('[data-lane]')) add(cell, 'lane', story.lanes[cell.dataset.lane], 0);
    for (const cell of stage.querySelectorAll('[data-chart]')) add(cell, 'chart', story.charts[cell.dataset.chart], chartHeight);
    stage.classList.add('live');
    stage.tabIndex = 0;
    stage.setAttribute('role', 'group');
    stage.setAttribute('aria-roledescription', 'timeline');
    stage.setAttribute('aria-label', 'Timeline. Plus and minus zoom, arrows move, comma and full stop walk from event to event, Enter opens one. The table below has the same events.');
    for (const e of document.querySelectorAll('.scripted')) e.hidden = false;
    const eyes = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        entry.target.row.seen = entry.isIntersecting;
      }
      hoverDirty = true;
      ask();
    }, {rootMargin: '30px'});
    for (const row of rows) eyes.observe(row.cell);
    new ResizeObserver(measure).observe(byID('ruler'));
    measure();
  }

  // measure fits the canvases to the width that there is.
  function measure() {
    const now = byID('ruler').clientWidth;
    if (now === 0 || (now === width && rows[0].scale === devicePixelRatio)) return;
    width = now;
    const context = rows[0].context;
    context.font = font;
    for (const e of story.events) e.wide = e.wide || context.measureText(e.label).width + 10;
    for (const row of rows) {
      if (row.kind === 'lane') row.height = laneHeight(row.data);
      if (row.kind === 'ruler') row.height = rulerHeight();
      row.scale = devicePixelRatio;
      row.canvas.width = Math.round(width * row.scale);
      row.canvas.height = Math.round(row.height * row.scale);
      row.canvas.style.height = row.height + 'px';
    }
    drawSoon();
  }

  function laneHeight(lane) {
    lane.rows = maxRows;
    lane.k = -1;
    pack(lane, width / story.length);
    lane.rows = Math.max(1, lane.used);
    lane.binsAt = Math.max(lane.rows * rowHeight + lanePad, leastLane);
    lane.gapsAt = lane.binsAt + (lane.bins.length ? binStrip : 0);
    lane.k = -1;
    return lane.gapsAt + (lane.gaps.length ? gapStrip : 0);
  }

  // pack places the events of a lane for a scale of k pixels to the millisecond: grave
  // ones first, so that what has no room is mild. Where labels would leave no room for
  // something critical, there are none.
  function pack(lane, k) {
    if (lane.k === k) return;
    lane.k = k;
    settleAll(lane, k, true);
    if (lane.bins.some((b) => b.severity === 2)) settleAll(lane, k, false);
  }

  function settleAll(lane, k, labels) {
    lane.marks = [];
    lane.used = 0;
    const taken = [], bins = new Map(), end = story.length * k;
    for (const e of lane.order) {
      let from = e.at * k, to = e.end * k;
      if (to < 0 || from > end) continue;
      from = Math.max(from, -1);
      to = Math.min(to, end + 1);
      const bar = to - from >= glyph;
      if (!bar) [from, to] = [from - glyph / 2, from + glyph / 2];
      let side = 'right';
      if (to + e.wide > end) side = from - e.wide >= 0 ? 'left' : to - from > e.wide ? 'inside' : '';
      const a = side === 'left' ? from - e.wide : from, b = side === 'right' ? to + e.wide : to;
      let row = labels ? settle(lane, taken, a, b) : -1;
      if (row < 0) {
        side = '';
        row = settle(lane, taken, from, to);
      }
      if (row < 0) {
        const at = Math.floor(e.at * k / binWidth), bin = bins.get(at) || {at, count: 0, severity: 0, from: e.at, to: e.at};
        bin.count++;
        bin.severity = Math.max(bin.severity, e.severity);
        bin.from = Math.min(bin.from, e.at);
        bin.to = Math.max(bin.to, e.at);
        bins.set(at, bin);
        continue;
      }
      lane.marks.push({e, row, bar, side});
    }
    lane.used = taken.length;
    lane.bins = [...bins.values()];
  }

  // settle takes the first row in which nothing lies between a and b; -1: there is none.
  function settle(lane, taken, a, b) {
    for (let n = 0; n < lane.rows; n++) {
      if (n === taken.length) taken.push([]);
      const row = taken[n];
      let low = 0, high = row.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (row[middle][0] < a) low = middle + 1;
        else high = middle;
      }
      if ((low === 0 || row[low - 1][1] <= a) && (low === row.length || row[low][0] >= b)) {
        row.splice(low, 0, [a, b]);
        return n;
      }
    }
    return -1;
  }

  // ---------------------------------------------------------------- time

  const scaleNow = () => width / (view.to - view.from);
  const xOf = (t) => (t - view.from) * scaleNow();

  function zoneAt(t) {
    let zone = story.zones[0];
    for (const z of story.zones) if (story.from + t >= z.from) zone = z;
    return zone;
  }

  const two = (n) => String(n).padStart(2, '0');
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

  function clockText(t, seconds, millis) {
    const d = new Date(story.from + t + zoneAt(t).offset * 1000);
    let text = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    if (seconds) text += `:${two(d.getUTCSeconds())}`;
    if (millis) text += '.' + String(d.getUTCMilliseconds()).padStart(3, '0');
    return text;
  }

  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map((s) => s * 1000);

  function ticks() {
    const span = view.to - view.from, most = clamp(Math.floor(width / 90), 2, 12);
    const step = steps.find((s) => span / s <= most) || Math.ceil(span / most / 864e5) * 864e5;
    const offset = story.from + zoneAt(view.from).offset * 1000, out = [];
    for (let local = Math.ceil((view.from + offset) / step) * step; local <= view.to + offset; local += step) {
      const t = local - offset, d = new Date(local);
      out.push({t, text: step >= 864e5 ? `${months[d.getUTCMonth()]} ${d.getUTCDate()}` : clockText(t, step < 6e4)});
    }
    return out;
  }

  function spanText(ms) {
    const s = Math.round(ms / 1000);
    if (s < 120) return `${ms < 10000 ? (ms / 1000).toFixed(1).replace('.0', '') : s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ''}`;
    const m = Math.round(s / 60);
    if (m < 1440) return `${Math.floor(m / 60)} h${m % 60 ? ` ${m % 60} min` : ''}`;
    return `${Math.floor(m / 1440)} d ${Math.floor((m % 1440) / 60)} h`;
  }

  // ---------------------------------------------------------------- drawing

  function ask() {
    if (!drawing) drawing = requestAnimationFrame(draw);
  }

  function drawSoon() {
    allDirty = true;
    hoverDirty = true;
    ask();
  }

  function draw() {
    drawing = 0;
    if (allDirty) {
      allDirty = false;
      story.ticks = ticks();
      for (const row of rows) row.dirty = true;
      if (!moving) byID('range').textContent = `${clockText(view.from, true)} to ${clockText(view.to, true)} ${zoneAt(view.from).name}, ${spanText(view.to - view.from)}`;
    }
    if (hoverDirty) {
      hoverDirty = false;
      hover();
    }
    for (const row of rows) {
      if (row.seen && row.dirty) {
        row.dirty = false;
        drawRow(row);
      }
    }
  }

  function drawRow(row) {
    const c = row.context;
    c.setTransform(row.scale, 0, 0, row.scale, 0, 0);
    c.clearRect(0, 0, width, row.height);
    c.font = font;
    c.textBaseline = 'alphabetic';
    c.textAlign = 'left';
    if (row.kind === 'ruler') return drawRuler(c, row.height);
    ground(c, row.height);
    if (row.kind === 'lane') drawLane(c, row.data);
    else drawChart(c, row.data);
  }

  function vertical(c, x, from, to) {
    c.moveTo(Math.round(x) + 0.5, from);
    c.lineTo(Math.round(x) + 0.5, to);
  }

  // ground draws what stands behind every row: round times, and the turning points with
  // the stretch that each may lie in.
  function ground(c, height) {
    c.lineWidth = 1;
    c.strokeStyle = colours.grid;
    c.beginPath();
    for (const t of story.ticks) vertical(c, xOf(t.t), 0, height);
    c.stroke();
    c.setLineDash([4, 2]);
    c.lineWidth = 1.5;
    for (const p of story.phases) {
      const x = xOf(p.at), from = xOf(p.earliest), to = xOf(p.latest);
      if (to < -2 || from > width + 2) continue;
      c.fillStyle = colours.phaseband;
      c.fillRect(from, 0, to - from, height);
      c.strokeStyle = colours[p.name] || colours.soft;
      c.beginPath();
      vertical(c, x, 0, height);
      c.stroke();
    }
    c.setLineDash([]);
    c.lineWidth = 1;
  }

  // phaseRows places the names of the turning points so that none covers another.
  function phaseRows(c) {
    const ends = [[], [], []], out = [];
    c.font = '600 ' + font;
    for (const p of story.phases) {
      const x = xOf(p.at), wide = c.measureText(p.name).width + 8;
      if (x < 0 || x > width) continue;
      const left = x + wide > width, a = left ? x - wide : x, b = a + wide;
      let row = 0;
      while (row < 2 && ends[row].some((o) => a < o[1] && b > o[0])) row++;
      ends[row].push([a, b]);
      out.push({p, x, row, left});
    }
    return out;
  }

  function rulerHeight() {
    const before = view;
    view = {from: 0, to: story.length};
    const most = Math.max(0, ...phaseRows(rows[0].context).map((o) => o.row));
    view = before;
    return (story.phases.length ? most + 2 : 1) * rulerRow + 2;
  }

  function drawRuler(c, height) {
    c.strokeStyle = colours.grid;
    c.fillStyle = colours.soft;
    c.beginPath();
    for (const t of story.ticks) vertical(c, xOf(t.t), height - rulerRow, height);
    c.stroke();
    for (const t of story.ticks) if (xOf(t.t) + 50 < width) c.fillText(t.text, xOf(t.t) + 3, height - 4);
    c.lineWidth = 1.5;
    const limit = Math.floor(height / rulerRow) - 2, named = phaseRows(c);
    c.setLineDash([4, 2]);
    for (const {p, x} of named) {
      c.strokeStyle = colours[p.name] || colours.soft;
      c.beginPath();
      vertical(c, x, 0, height);
      c.stroke();
    }
    c.setLineDash([]);
    for (const {p, x, row, left} of named) {
      c.fillStyle = colours[p.name] || colours.soft;
      c.textAlign = left ? 'right' : 'left';
      if (row <= limit) label(c, p.name, x + (left ? -4 : 4), row * rulerRow + 12);
    }
    c.lineWidth = 1;
  }

  function label(c, text, x, y) {
    if (!moving) {
      c.lineJoin = 'round';
      c.lineWidth = 3;
      c.strokeStyle = colours.ground;
      c.strokeText(text, x, y);
      c.lineWidth = 1;
    }
    c.fillText(text, x, y);
  }

  function drawLane(c, lane) {
    const k = scaleNow();
    pack(lane, k);
    for (const [from, to] of lane.gaps) {
      const a = Math.max(0, xOf(from)), b = Math.min(width, xOf(to));
      if (b <= a) continue;
      c.fillStyle = hatch.gap;
      c.fillRect(a, lane.gapsAt, Math.max(1, b - a), 5);
    }
    for (const bin of lane.bins) {
      const x = bin.at * binWidth - view.from * k;
      if (x < -binWidth || x > width) continue;
      const tall = Math.min(binStrip - 2, 2 + bin.count);
      c.fillStyle = colours[severities[bin.severity]];
      c.fillRect(x, lane.binsAt + binStrip - 1 - tall, binWidth - 1, tall);
    }
    for (const m of lane.marks) drawMark(c, m);
  }

  function drawMark(c, m) {
    const e = m.e, y = m.row * rowHeight, x0 = xOf(e.at), x1 = m.bar ? xOf(e.end) : x0;
    const reach = m.side === 'right' ? e.wide + glyph : glyph;
    if (x1 + reach < 0 || x0 - (m.side === 'left' ? e.wide + glyph : glyph) > width) return;
    const name = severities[e.severity];
    const a = Math.max(-3, x0), b = Math.min(width + 3, x1);
    if (m.bar) {
      c.fillStyle = e.severity === 2 ? colours.critical : e.severity === 1 ? (moving ? colours['warning-weak'] : hatch.warning) : colours['info-weak'];
      c.fillRect(a, y + 4, b - a, 9);
      c.strokeStyle = colours[name];
      c.strokeRect(Math.round(a) + 0.5, y + 4.5, Math.max(1, Math.round(b - a) - 1), 8);
    } else {
      c.drawImage(signs[e.severity], Math.round(x0) - 8, y, 16, 16);
    }
    whisker(c, e.earliest, e.latest, y + 8);
    if (!e.open && e.end !== e.at) whisker(c, e.endEarliest, e.endLatest, y + 8);
    if (e === walked || e.id === selected) {
      c.strokeStyle = colours.select;
      c.lineWidth = 2;
      c.strokeRect(a - (m.bar ? 2 : 8), y + 1, b - a + (m.bar ? 4 : 16), 15);
      c.lineWidth = 1;
    }
    if (!m.side) return;
    const end = m.bar ? x1 + 5 : x0 + 9;
    c.fillStyle = colours.ink;
    if (m.side === 'right' && (end < width - e.wide || b - a < e.wide + 6)) label(c, e.label, end, y + 12);
    else if (m.side === 'left') {
      c.textAlign = 'right';
      label(c, e.label, x0 - 9, y + 12);
      c.textAlign = 'left';
    } else label(c, e.label, Math.max(0, x0) + 8, y + 12);
  }

  function sign(c, severity, x, y) {
    c.beginPath();
    if (severity === 2) {
      c.moveTo(x, y - 6);
      c.lineTo(x + 6, y);
      c.lineTo(x, y + 6);
      c.lineTo(x - 6, y);
      c.closePath();
      c.fillStyle = colours.critical;
      c.fill();
      return;
    }
    if (severity === 1) {
      c.moveTo(x, y - 5.5);
      c.lineTo(x + 5.5, y + 5);
      c.lineTo(x - 5.5, y + 5);
      c.closePath();
      c.fillStyle = colours['warning-weak'];
    } else {
      c.arc(x, y, 4, 0, 7);
      c.fillStyle = colours.ground;
    }
    c.fill();
    c.lineWidth = 1.5;
    c.strokeStyle = colours[severities[severity]];
    c.stroke();
    c.lineWidth = 1;
  }

  function whisker(c, earliest, latest, y) {
    const a = xOf(earliest), b = xOf(latest);
    if (b - a < 2.5 || b < 0 || a > width) return;
    c.strokeStyle = colours.whisker;
    c.beginPath();
    c.moveTo(a, y + 0.5);
    c.lineTo(b, y + 0.5);
    c.moveTo(a, y - 2.5);
    c.lineTo(a, y + 3.5);
    c.moveTo(b, y - 2.5);
    c.lineTo(b, y + 3.5);
    c.stroke();
  }

  function drawChart(c, chart) {
    const high = chart.high, range = chart.high - chart.low;
    const yOf = (v) => chartHeight * (high - v) / range;
    if (chart.band) {
      c.globalCompositeOperation = 'destination-over';
      c.fillStyle = colours.band;
      c.fillRect(0, yOf(chart.band[1]), width, Math.max(1, yOf(chart.band[0]) - yOf(chart.band[1])));
      c.globalCompositeOperation = 'source-over';
    }
    if (chart.baseline !== null) {
      c.strokeStyle = colours.normal;
      c.setLineDash([4, 3]);
      c.beginPath();
      c.moveTo(0, Math.round(yOf(chart.baseline)) + 0.5);
      c.lineTo(width, Math.round(yOf(chart.baseline)) + 0.5);
      c.stroke();
      c.setLineDash([]);
    }
    curve(c, chart, yOf);
    c.fillStyle = colours.soft;
    label(c, chart.top, 3, 10);
    label(c, chart.bottom, 3, chartHeight - 3);
  }

  // curve keeps the lowest and the highest value of each pixel where there are more
  // points than pixels.
  function curve(c, chart, yOf) {
    const t = chart.t, v = chart.v, last = Math.min(t.length - 1, upper(t, view.to) + 1);
    const first = Math.max(0, upper(t, view.from) - 1);
    const dense = last - first > 2 * width;
    c.strokeStyle = c.fillStyle = colours.curve;
    c.lineWidth = 1.4;
    c.lineJoin = 'round';
    c.beginPath();
    let open = false, column = NaN, low = 0, high = 0;
    const flush = () => {
      if (!Number.isNaN(column)) {
        c.lineTo(column, yOf(low));
        c.lineTo(column, yOf(high));
      }
      column = NaN;
    };
    for (let n = first; n <= last; n++) {
      if (v[n] === null) {
        flush();
        open = false;
        continue;
      }
      const x = xOf(t[n]);
      if (!open) {
        c.moveTo(x, yOf(v[n]));
        if (v[n + 1] === null || n === t.length - 1) c.lineTo(x + 1.5, yOf(v[n])); // alone
        open = true;
        continue;
      }
      if (!dense) {
        c.lineTo(x, yOf(v[n]));
        continue;
      }
      const at = Math.round(x);
      if (at !== column) {
        flush();
        column = at;
        low = high = v[n];
      } else {
        low = Math.min(low, v[n]);
        high = Math.max(high, v[n]);
      }
    }
    flush();
    c.stroke();
    c.lineWidth = 1;
  }

  // upper is the number of the first time after t.
  function upper(times, t) {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // ---------------------------------------------------------------- pointing

  function hover() {
    const cursor = byID('cursor'), readout = byID('readout');
    const under = pointer && pointer.row.kind === 'lane' ? hit(pointer.row, pointer.x, pointer.y) : null;
    ring(under);
    const x = pointer ? pointer.x : walked ? xOf(walked.at) : -1;
    cursor.hidden = x < 0 || x > width;
    readout.hidden = cursor.hidden;
    if (cursor.hidden) {
      for (const row of rows) if (row.value) write(row.value, '');
      return;
    }
    cursor.style.transform = `translateX(${Math.round(pointer ? pointer.left + x : rows[0].cell.offsetLeft + x)}px)`;
    if (!mayTell()) return;
    const t = view.from + x / scaleNow();
    let text = `${clockText(t, true, view.to - view.from < 60000)} ${zoneAt(t).name}`;
    const e = under?.e || (pointer ? null : walked);
    if (e) text += ` · ${e.kind}, ${story.lanes[e.lane].name}: ${e.text}`;
    else if (pointer && pointer.row.kind === 'lane') {
      const bin = binAt(pointer.row.data, x, pointer.y);
      text += ` · ${pointer.row.data.name}` + (bin ? `: ${bin.count} more events here, click to zoom in` : '');
    }
    write(readout, text);
    for (const row of rows) if (row.value && row.seen) write(row.value, valueAt(row.data, t));
  }

  // mayTell lets the words follow the pointer some fifteen times a second: nobody reads
  // faster, and text costs more than lines. What was left out is told a moment later.
  function mayTell() {
    const now = performance.now();
    if (now - told < 60) {
      telling ||= setTimeout(() => {
        telling = 0;
        hoverDirty = true;
        ask();
      }, 70);
      return false;
    }
    told = now;
    return true;
  }

  // ring marks what the pointer is over. It is an element of its own: to draw its
  // lane anew at each move would cost frames.
  function ring(m) {
    const node = byID('ring');
    node.hidden = !m;
    if (!m) return;
    const x0 = xOf(m.e.at), a = m.bar ? Math.max(0, x0) - 2 : x0 - 8, b = m.bar ? Math.min(width, xOf(m.e.end)) + 2 : x0 + 8;
    node.style.transform = `translate(${Math.round(pointer.left + a)}px, ${Math.round(pointer.top + m.row * rowHeight)}px)`;
    const wide = `${Math.max(4, Math.round(b - a))}px`;
    if (node.style.width !== wide) node.style.width = wide;
  }

  function write(node, text) {
    if (node.said === text) return;
    node.said = text;
    node.textContent = text;
  }

  function valueAt(chart, t) {
    const n = upper(chart.t, t) - 1;
    if (n < 0 || chart.v[n] === null) return '';
    const v = chart.v[n], size = Math.abs(v);
    const text = size >= 1e6 ? v.toExponential(2) : size >= 100 ? v.toFixed(0) : Number(v.toPrecision(3)).toString();
    return chart.unit ? `${text} ${chart.unit}` : text;
  }

  function hit(row, x, y) {
    const lane = row.data, at = Math.floor(y / rowHeight);
    let best = null, least = 7;
    for (const m of lane.marks || []) {
      if (m.row !== at) continue;
      const a = xOf(m.e.at) - (m.bar ? 0 : 6) - (m.side === 'left' ? m.e.wide : 0);
      const b = (m.bar ? xOf(m.e.end) : xOf(m.e.at) + 6) + (m.side === 'right' ? m.e.wide : 0);
      const away = x < a ? a - x : x > b ? x - b : 0;
      if (away < least) [best, least] = [m, away];
    }
    return best;
  }

  function binAt(lane, x, y) {
    if (y < lane.binsAt || y > lane.binsAt + binStrip) return null;
    const at = Math.floor((x + view.from * scaleNow()) / binWidth);
    return (lane.bins || []).find((b) => b.at === at) || null;
  }

  // ---------------------------------------------------------------- looking

  function look(from, to) {
    const span = clamp(to - from, Math.min(shortest, story.length), story.length);
    from = clamp(from + (to - from - span) / 2, 0, story.length - span);
    view = {from, to: from + span};
    moving = true;
    drawSoon();
    remember();
  }

  // rest draws what was left out while the view changed.
  function rest() {
    moving = false;
    drawSoon();
    address();
  }

  function zoom(factor, x = width / 2) {
    const t = view.from + x / scaleNow(), span = (view.to - view.from) / factor;
    const from = t - (x / width) * span;
    look(from, from + span);
  }

  function pan(share) {
    const by = (view.to - view.from) * share;
    look(view.from + by, view.to + by);
  }

  const deeds = {
    earlier: () => pan(-1 / 3), later: () => pan(1 / 3), in: () => zoom(2), out: () => zoom(1 / 2),
    all: () => look(0, story.length), close: () => close(),
  };

  let remembering = 0;

  function remember() {
    clearTimeout(remembering);
    remembering = setTimeout(rest, 200);
  }

  // address puts what is seen into the page's address, so that it can be shared.
  function address() {
    clearTimeout(remembering);
    const url = new URL(location.href), query = new URLSearchParams();
    if (selected) query.set('event', selected);
    if (view.from > 0 || view.to < story.length) {
      query.set('from', new Date(story.from + view.from).toISOString());
      query.set('to', new Date(story.from + view.to).toISOString());
    }
    url.search = query;
    url.hash = '';
    if (url.href !== location.href) history.replaceState(null, '', url);
  }

  // ---------------------------------------------------------------- events

  async function open(id, focus) {
    const panel = byID('event');
    const answer = await fetch(`${main.dataset.base}events/${encodeURIComponent(id)}`, {credentials: 'same-origin'});
    if (!answer.ok) return say('This event is not there any more.');
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#event .inside');
    if (!found) return;
    for (const link of found.querySelectorAll('a[href]')) { // they were written for a page further down
      link.setAttribute('href', link.getAttribute('href').replace(/^\.\.\/\.\.\//, './'));
    }
    selected = id;
    panel.replaceChildren(document.adoptNode(found));
    panel.hidden = false;
    ready(panel);
    mark();
    address();
    drawSoon();
    if (focus) {
      const head = panel.querySelector('h2');
      head.tabIndex = -1;
      head.focus({preventScroll: true});
    }
    say(`Opened: ${panel.querySelector('.summary').textContent}`);
  }

  function close() {
    selected = '';
    byID('event').hidden = true;
    mark();
    address();
    drawSoon();
    byID('stage').focus({preventScroll: true});
  }

  function mark() {
    for (const row of document.querySelectorAll('.events tr.selected')) row.classList.remove('selected');
    byID('event-' + selected)?.classList.add('selected');
  }

  // walk goes to the next event, or back to the one before.
  function walk(step) {
    const now = walked || story.byID.get(selected);
    let n = now ? now.n + step : story.events.findIndex((e) => e.at >= view.from);
    n = clamp(n, 0, story.events.length - 1);
    walked = story.events[n];
    if (!walked) return;
    pointer = null;
    const span = view.to - view.from;
    if (walked.at < view.from || walked.at > view.to) look(walked.at - span / 2, walked.at + span / 2);
    const row = rows.find((r) => r.kind === 'lane' && r.data === story.lanes[walked.lane]);
    row?.cell.scrollIntoView({block: 'nearest'});
    say(`${walked.kind}, ${story.lanes[walked.lane].name}, ${clockText(walked.at, true)}: ${walked.text}`);
    drawSoon();
  }

  function say(text) {
    byID('said').textContent = text;
  }

  // ---------------------------------------------------------------- hands

  function hands() {
    const stage = byID('stage'), brush = byID('brush');
    const down = new Map(); // pointers that are held, by their number
    let drag = null;        // {x, left, moved, from, to, span}

    const place = (event) => {
      const cell = event.target.closest?.('.cell') || drag?.cell;
      if (!cell?.row) return null;
      const box = cell.getBoundingClientRect();
      const top = box.top - stage.getBoundingClientRect().top - stage.clientTop;
      return {x: event.clientX - box.left, y: event.clientY - box.top, left: cell.offsetLeft, top, row: cell.row, cell};
    };

    stage.addEventListener('pointerdown', (event) => {
      const at = place(event);
      if (!at || event.button !== 0) return;
      down.set(event.pointerId, at.x);
      drag = {...at, moved: false, view: {...view}, touch: event.pointerType === 'touch' || event.shiftKey, xs: [...down.values()]};
      walked = null;
    });

    stage.addEventListener('pointermove', (event) => {
      const at = drag ? {...place({target: drag.cell, clientX: event.clientX, clientY: event.clientY})} : place(event);
      if (!at) {
        pointer = null;
        hoverDirty = true;
        return ask();
      }
      if (down.has(event.pointerId)) {
        down.set(event.pointerId, at.x);
        move(event, at);
      }
      pointer = event.pointerType === 'touch' && drag ? null : at;
      hoverDirty = true;
      ask();
    });

    const move = (event, at) => {
      if (down.size === 2) return pinch();
      if (!drag.moved && Math.abs(at.x - drag.x) < 5) return;
      if (!drag.moved) stage.setPointerCapture(event.pointerId);
      drag.moved = true;
      if (drag.touch) {
        const by = (drag.x - at.x) * (drag.view.to - drag.view.from) / width;
        return look(drag.view.from + by, drag.view.to + by);
      }
      const a = clamp(Math.min(drag.x, at.x), 0, width), b = clamp(Math.max(drag.x, at.x), 0, width);
      brush.hidden = false;
      brush.style.left = `${drag.left + a}px`;
      brush.style.width = `${b - a}px`;
      drag.brushed = [a, b];
    };

    const pinch = () => {
      const now = [...down.values()];
      if (drag.xs.length !== 2) drag = {...drag, xs: now, view: {...view}, moved: true};
      const k = (drag.view.to - drag.view.from) / width;
      const [a, b] = [Math.min(...drag.xs), Math.max(...drag.xs)], [c, d] = [Math.min(...now), Math.max(...now)];
      const span = (drag.view.to - drag.view.from) * Math.max(1, b - a) / Math.max(1, d - c);
      const from = drag.view.from + ((a + b) / 2) * k - ((c + d) / 2) / width * span;
      look(from, from + span);
    };

    const up = (event) => {
      if (!down.delete(event.pointerId) || down.size) return;
      const was = drag;
      drag = null;
      brush.hidden = true;
      if (event.type === 'pointercancel' || !was) return;
      if (was.brushed && was.brushed[1] - was.brushed[0] > 4) {
        const k = scaleNow();
        look(view.from + was.brushed[0] / k, view.from + was.brushed[1] / k);
      } else if (!was.moved) {
        click(was);
      }
    };
    stage.addEventListener('pointerup', up);
    stage.addEventListener('pointercancel', up);

    const click = (at) => {
      if (at.row.kind === 'lane') {
        const e = hit(at.row, at.x, at.y)?.e;
        if (e) return open(e.id);
        const bin = binAt(at.row.data, at.x, at.y);
        if (bin) return look(bin.from - Math.max(500, (bin.to - bin.from) / 2), bin.to + Math.max(500, (bin.to - bin.from) / 2));
      }
      if (at.row.kind === 'ruler') {
        const near = story.phases.find((p) => Math.abs(xOf(p.at) - at.x) < 8 || (at.x > xOf(p.at) && at.x < xOf(p.at) + 60));
        if (near) open(near.event);
      }
    };

    stage.addEventListener('pointerleave', () => {
      pointer = null;
      hoverDirty = true;
      ask();
    });
    stage.addEventListener('dblclick', () => look(0, story.length));
    stage.addEventListener('wheel', (event) => {
      const at = place(event);
      if (!at) return;
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(Math.exp(-event.deltaY * unit * 0.003), clamp(at.x, 0, width));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        pan((event.deltaX || event.deltaY) * unit / width);
      }
    }, {passive: false});

    stage.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = {
        '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5), ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15),
        Home: () => look(0, story.length), 0: () => look(0, story.length), ',': () => walk(-1), '.': () => walk(1),
        Enter: () => walked && open(walked.id, true), Escape: () => selected && close(),
      };
      if (!Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  // ---------------------------------------------------------------- the page around

  function page() {
    document.addEventListener('click', (event) => {
      const link = event.target.closest?.('a, button');
      if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (link.matches('button.copy')) return copy(link);
      if (link.dataset.note) return about(link);
      if (!story) return;
      if (link.dataset.do) {
        event.preventDefault();
        return deeds[link.dataset.do]();
      }
      const id = link.dataset.event || (link.closest('.phases, .chart') && new URL(link.href).searchParams.get('event'));
      if (id) {
        event.preventDefault();
        open(id, true);
      }
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && event.target.closest?.('#event')) close();
    });
    addEventListener('hashchange', fromHash);
    ready(document);
  }

  function fromHash() {
    const id = decodeURIComponent(location.hash).replace(/^#event-/, '');
    if (story && story.byID.has(id)) open(id);
  }

  // ready shows the buttons that only work with this script.
  function ready(part) {
    for (const button of part.querySelectorAll('button.copy')) button.hidden = false;
  }

  async function copy(button) {
    if (button.dataset.what === 'range' && story) address();
    const link = new URL(button.dataset.link || location.href, location.href).href;
    const text = button.dataset.copy ? `${button.dataset.copy}\n${link}` : link;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement('textarea'); // without TLS there is no clipboard
      area.value = text;
      area.className = 'unseen';
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    const before = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = before; }, 1500);
    say('Copied.');
  }

  function about(link) {
    const form = document.querySelector('#note form');
    form.elements.disputes.value = link.dataset.note;
    form.elements.at.value = link.dataset.at;
    form.elements.text.focus();
  }

  // ---------------------------------------------------------------- while it is open

  function follow() {
    const now = byID('now');
    if (!now.dataset.live) return;
    const stream = new EventSource(now.dataset.live + '?form=html');
    stream.addEventListener('state', (event) => {
      const part = new DOMParser().parseFromString(event.data, 'text/html').body;
      now.replaceChildren(...document.adoptNode(part).childNodes);
      now.hidden = !now.firstChild;
      now.classList.remove('stale');
    });
    stream.addEventListener('incident', (event) => {
      const badge = document.querySelector('#top .state'), state = JSON.parse(event.data).state;
      badge.textContent = state;
      badge.className = `state ${state}`;
    });
    stream.addEventListener('draft', renew);
    stream.addEventListener('end', () => stream.close());
    stream.onerror = () => now.classList.add('stale');
  }

  // renew takes over a new draft: what it says, not where the reader is.
  async function renew() {
    const answer = await fetch(location.href, {credentials: 'same-origin'});
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!story || !fresh.getElementById('stage')) return location.reload();
    for (const id of ['top', 'lanes', 'events', 'unseen']) {
      const from = fresh.getElementById(id), to = byID(id);
      if (from && to) to.replaceWith(document.adoptNode(from));
    }
    const frame = document.querySelector('.document iframe');
    if (frame) frame.setAttribute('src', frame.getAttribute('src'));
    const whole = view.from <= 0 && view.to >= story.length, at = story.from;
    story = await load();
    view = whole ? {from: 0, to: story.length} : {from: view.from + at - story.from, to: view.to + at - story.from};
    width = 0;
    stageUp();
    say('A new draft is shown.');
  }

  // ---------------------------------------------------------------- the beginning

  function stageUp() {
    paint();
    build();
    hands();
    ready(document);
    look(view.from, view.to);
  }

  async function start() {
    page();
    follow();
    if (!main || !main.dataset.story) return;
    story = await load();
    const query = new URLSearchParams(location.search);
    const part = (name, other) => {
      const t = Date.parse(query.get(name)) - story.from;
      return Number.isFinite(t) ? clamp(t, 0, story.length) : other;
    };
    view = {from: part('from', 0), to: part('to', story.length)};
    if (view.to - view.from < 1) view = {from: 0, to: story.length};
    selected = byID('event').querySelector('.inside')?.dataset.event || '';
    stageUp();
    fromHash();
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => {
        paint();
        drawSoon();
      });
    }
    document.body.classList.add('drawn');
  }

  start().catch((error) => {
    console.error(error);
    say('The timeline cannot be zoomed: ' + error.message);
  });
})();
