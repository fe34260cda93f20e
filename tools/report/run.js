'use strict';

/*
 * Draws one report: the JSON of tools/report.c and tools/report_run.c. A run
 * has `cells`, spans of what a machine holds, each with its value at boot; and
 * `steps`, its calls, each with the cells that it changed. Moment 0 is boot,
 * moment n + 1 is when step n is done.
 *
 * Everything in the JSON is text: it reaches the page as textContent only.
 */

const report = JSON.parse(document.getElementById('report').textContent);
const PAGES_PER_BLOCK = 512;
const BANKS_PER_SMMU = 8;
const ROWS_AT_REST = 200;

/* ---- Elements ---- */

const byId = (id) => document.getElementById(id);

/* An element with attributes and children; strings become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function button(text, attributes, action) {
  const element = make('button', {type: 'button', ...attributes}, text);
  element.addEventListener('click', action);
  return element;
}

const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;
const hex = (number) => '0x' + number.toString(16);

/* ---- What a run says, made ready to be asked ---- */

/* The panels in which cells are listed, by kind. */
const PANELS = [
  {title: 'Page records', kinds: ['page']},
  {title: 'NPT: stage-2 tables of host, VMs and EL2',
   kinds: ['npt', 'npt_block']},
  {title: 'SPT: tables of SMMU banks', kinds: ['spt']},
  {title: 'Context banks', kinds: ['bank']},
  {title: 'VM states', kinds: ['vm', 'inc_exe']},
  {title: 'vCPUs', kinds: ['vcpu']},
  {title: 'Boot images', kinds: ['image', 'image_remap']},
  {title: 'Content of pages', kinds: ['memory', 'memory_unknown']},
  {title: 'EL2\u2019s counters',
   kinds: ['core', 'npt_tables', 'spt_tables', 'data_log']},
];

const INDEXED_BY_PAGE = ['page', 'npt', 'spt', 'memory', 'memory_unknown'];

/* How a page is called relative to the host's RAM, as programs call it. */
function ramName(pfn) {
  for (const region of report.platform.regions) {
    const first = parseInt(region.first, 16);
    if (region.ram !== undefined && pfn >= first &&
        pfn < first + parseInt(region.pages, 16)) {
      return 'ram+' + hex(pfn - first + parseInt(region.ram, 16));
    }
  }
  return null;
}

function nameOfCell(cell) {
  let name = cell.name;
  if (cell.length > 1 && INDEXED_BY_PAGE.includes(cell.kind)) {
    name += ` \u2026 ${hex(cell.index + cell.length - 1)}`;
  }
  const ram = cell.kind === 'page' ? ramName(cell.index) : null;
  return ram === null ? name : `${name} (${ram})`;
}

/* Cells with numbers for hex, and with all values that they ever hold. */
function prepare(run) {
  run.cells.forEach((cell, at) => {
    cell.at = at;
    cell.index = parseInt(cell.index, 16);
    cell.history = [{moment: 0, value: cell.boot}];
    cell.title = nameOfCell(cell);
  });
  run.steps.forEach((step, at) => {
    step.at = at;
    step.changed = new Set();
    for (const [index, value] of step.changes ?? []) {
      run.cells[index].history.push({moment: at + 1, value});
      step.changed.add(index);
    }
  });
  run.differing = new Map();
  for (const [index, expected, actual] of run.divergence?.cells ?? []) {
    run.differing.set(index, {expected, actual});
  }
  run.pages = run.cells.filter((cell) => cell.kind === 'page');
  return run;
}

/* What the cell holds at that moment. */
function valueAt(cell, moment) {
  let low = 0;
  let high = cell.history.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cell.history[middle].moment <= moment) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return cell.history[low].value;
}

const runs = {given: prepare(report.run)};
if (report.minimized !== undefined) {
  runs.minimized = prepare(report.minimized);
}

/* What is shown. `page` is the page cell whose story is told, or null. */
const view = {name: 'given', moment: 0, page: null};
const currentRun = () => runs[view.name];
const currentStep = () => currentRun().steps[view.moment - 1];
const isDivergent = () => currentRun().divergence !== undefined &&
    view.moment === currentRun().divergence.step + 1;

/* The last moment of which there is anything to say. */
function lastMoment(run) {
  const made = run.steps.filter((step) => step.state !== 'not_made');
  return made.length;
}

/* Where a reader wants to begin. */
function firstMoment(run) {
  if (run.divergence !== undefined) {
    return run.divergence.step + 1;
  }
  const panic = run.steps.findIndex((step) => step.state === 'panicked');
  return panic >= 0 ? panic + 1 : Math.min(1, run.steps.length);
}

/* ---- Copying ---- */

/* A text with a button that copies it; or, where the browser does not let it,
 * selects it. */
function copyable(text, label, attributes = {}) {
  const body = make('pre', {tabindex: '0', 'data-own-keys': '',
                            'aria-label': label}, text);
  const said = make('span', {class: 'said', role: 'status'});
  const select = () => {
    getSelection().selectAllChildren(body);
    said.textContent = 'selected: copy it with Ctrl-C';
  };
  const copy = button('Copy', {'aria-label': `Copy ${label}`}, () => {
    if (navigator.clipboard === undefined) {
      select();
      return;
    }
    navigator.clipboard.writeText(text).then(
        () => { said.textContent = 'copied'; }, select);
  });
  return make('div', {class: 'copyable', ...attributes}, body,
              make('div', {class: 'copy'}, copy, said));
}
