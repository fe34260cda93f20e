/* Who owns which page of memory, whose tables map it, and what became of it. */

/* ---- The map ---- */

function letterOfOwner(owner) {
  if (owner === -1) {
    return '\u2013';
  }
  if (owner === 0) {
    return 'H';
  }
  return owner === report.platform.el2 ? 'E' : `V${owner}`;
}

function wordsOfOwner(owner) {
  if (owner === -1) {
    return 'nobody';
  }
  if (owner === 0) {
    return 'the host';
  }
  return owner === report.platform.el2 ? 'EL2' : `VM ${owner}`;
}

function classOfOwner(owner) {
  if (owner <= 0) {
    return owner === 0 ? 'host' : 'nobody';
  }
  return owner === report.platform.el2
      ? 'el2' : `vm hue-${(owner - 1) % 5} pattern-${(owner - 1) % 6}`;
}

function wordsOfCount(value) {
  if (value.count === -1) {
    return value.owner === -1 ? null : 'given through an SMMU, not yet mapped';
  }
  return value.count === 0 ? null : value.owner === 0
      ? `used by ${plural(value.count, 'host DMA mapping')}`
      : `shared ${plural(value.count, 'time')}`;
}

/* Whose tables map it, as a mark. */
function markOfTable(cell) {
  if (cell.kind === 'spt') {
    const smmu = Math.floor(cell.id / BANKS_PER_SMMU);
    return `D${smmu}.${cell.id % BANKS_PER_SMMU}`;
  }
  return letterOfOwner(cell.id);
}

/* The page cells that [first, first + length) meets. */
function pagesWithin(run, first, length) {
  let low = 0;
  let high = run.pages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const page = run.pages[middle];
    if (page.index + page.length <= first) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const found = [];
  while (low < run.pages.length && run.pages[low].index < first + length) {
    found.push(run.pages[low++]);
  }
  return found;
}

const isTable = (cell) => ['npt', 'npt_block', 'spt'].includes(cell.kind);

/* For each page cell the marks of the tables that map it, whole or in part: as
 * expected, or, where the machines differ, as the other one has it. */
function mappings(run, moment, isActual) {
  const marks = new Map();
  for (const cell of run.cells.filter(isTable)) {
    const value = isActual && run.differing.has(cell.at)
        ? run.differing.get(cell.at).actual : valueAt(cell, moment);
    if (value.to === undefined) {
      continue;
    }
    const first = parseInt(value.to, 16);
    const length = cell.length *
        (cell.kind === 'npt_block' ? PAGES_PER_BLOCK : 1);
    for (const page of pagesWithin(run, first, length)) {
      const whole = first <= page.index &&
          first + length >= page.index + page.length;
      const ofPage = marks.get(page.at) ?? new Map();
      const mark = markOfTable(cell);
      ofPage.set(mark, whole || ofPage.get(mark) === true);
      marks.set(page.at, ofPage);
    }
  }
  return marks;
}

const shortName = (page) => {
  const ram = ramName(page.index);
  return ram ?? hex(page.index);
};

/* Everything about a page, as a sentence for those who do not see the map. */
function wordsOfPage(page, value, flags, marks) {
  const parts = [page.title, `owner ${wordsOfOwner(value.owner)}`,
                 wordsOfCount(value)];
  if (page.length > 1) {
    parts.splice(1, 0, `${page.length} pages`);
  }
  const names = [...(marks?.keys() ?? [])];
  parts.push(names.length > 0 ? `mapped by ${names.join(', ')}`
                              : 'not mapped by what the program did');
  return [...parts, ...flags].filter((part) => part !== null).join(', ');
}

const wordsOfMarks = (marks) => [...(marks ?? [])].map(
    ([mark, whole]) => whole ? mark : `${mark} part`);

/* What the other machine has instead, in a few signs; null when the same. */
function actualOfPage(run, page, marks) {
  const record = run.differing.get(page.at)?.actual;
  const marksOf = (side) => wordsOfMarks(marks[side].get(page.at)).join(' ');
  const words = [
    record === undefined
        ? null : letterOfOwner(record.owner) + signOfCount(record),
    marksOf('actual') === marksOf('expected')
        ? null : marksOf('actual') || 'unmapped',
    haveContentOf(run, page, run.differing.keys()) ? 'other content' : null,
  ].filter((word) => word !== null);
  return words.length === 0 ? null : `actual ${words.join(', ')}`;
}

const signOfCount = (value) => value.count > 0 ? `\u00d7${value.count}`
    : value.count === -1 && value.owner !== -1 ? '\u00d7?' : '';

/* Whether one of the cells, by number, is content of the page. */
function haveContentOf(run, page, numbers) {
  return [...numbers].map((at) => run.cells[at]).some((cell) =>
      cell.kind.startsWith('memory') &&
      cell.index < page.index + page.length &&
      cell.index + cell.length > page.index);
}

/* What the step does to the page, in words that are also classes. */
function flagsOfPage(run, page, step, marks, actual) {
  const flags = [];
  const marksOf = (side) => wordsOfMarks(marks[side].get(page.at)).join(' ');
  if (actual !== null) {
    flags.push('differs');
  }
  if (isDivergent() &&
      currentRun().divergence.contradiction?.includes(page.at)) {
    flags.push('conflict');
  }
  if (step?.changed.has(page.at)) {
    flags.push('changed');
  }
  if (marksOf('expected') !== marksOf('before')) {
    flags.push('mapping');
  }
  if (step !== undefined && haveContentOf(run, page, step.changed)) {
    flags.push('content');
  }
  if (step?.names?.includes(page.at)) {
    flags.push('named');
  }
  return flags;
}

function tileOfPage(run, page, step, marks) {
  const value = valueAt(page, view.moment);
  const actual = isDivergent() ? actualOfPage(run, page, marks) : null;
  const flags = flagsOfPage(run, page, step, marks, actual);
  const ofPage = marks.expected.get(page.at);
  const words = wordsOfPage(page, value, flags, ofPage);
  const chips = wordsOfMarks(ofPage).map((mark) => make('span',
      {class: mark.startsWith('D') ? 'chip dma' : 'chip'}, mark));
  const tile = button('', {
    class: ['tile', classOfOwner(value.owner), ...flags].join(' '),
    'data-page': page.at,
    'aria-pressed': String(view.page === page.at),
    'aria-label': actual === null ? words : `${words}, ${actual}`,
    title: words,
  }, () => tellStory(view.page === page.at ? null : page.at));
  tile.append(
      make('span', {class: 'owner'}, letterOfOwner(value.owner)),
      make('span', {class: 'count'}, signOfCount(value)),
      make('span', {class: 'chips'}, ...chips),
      make('span', {class: 'name'}, shortName(page)),
      make('span', {class: 'pages'},
           page.length > 1 ? `${page.length} pages` : ''),
      make('span', {class: 'flag'}, actual ?? flags.slice(0, 2).join(', ')));
  return tile;
}

const sizeOfPages = (pages) => {
  const kib = pages * 4;
  return kib >= 1048576 ? `${+(kib / 1048576).toFixed(2)} GiB`
      : kib >= 1024 ? `${+(kib / 1024).toFixed(2)} MiB` : `${kib} KiB`;
};

/* The regions of the board, and what is not memory. */
function regionsOfBoard() {
  const regions = report.platform.regions.map((region) => ({
    first: parseInt(region.first, 16),
    pages: parseInt(region.pages, 16),
    title: region.owner === 0 ? 'Host RAM' : 'EL2\u2019s own memory',
  }));
  return regions;
}

function regionOf(regions, page) {
  return regions.find((region) => page.index >= region.first &&
      page.index < region.first + region.pages) ?? null;
}

const gap = (pages) => make('span',
    {class: 'gap', title: `${plural(pages, 'page')} untouched`},
    make('span', {'aria-hidden': 'true'}, '\u22ef'), plural(pages, 'page'));

/* The touched pages of one region, between what nothing touched. */
function tilesOfRegion(run, region, pages, step, marks) {
  const tiles = [];
  let next = region?.first ?? null;
  for (const page of pages) {
    if (next !== null && page.index > next) {
      tiles.push(gap(page.index - next));
    }
    tiles.push(tileOfPage(run, page, step, marks));
    next = region === null ? null : page.index + page.length;
  }
  if (region !== null && next < region.first + region.pages) {
    tiles.push(gap(region.first + region.pages - next));
  }
  return tiles;
}

function drawMap() {
  const run = currentRun();
  const step = currentStep();
  const marks = {
    before: mappings(run, Math.max(view.moment - 1, 0), false),
    expected: mappings(run, view.moment, false),
    actual: isDivergent() ? mappings(run, view.moment, true) : null,
  };
  const regions = regionsOfBoard();
  const groups = [...regions, null].map((region) => [region,
    run.pages.filter((page) => regionOf(regions, page) === region)]);
  const touched = groups.filter(([, pages]) => pages.length > 0);
  const focused = document.activeElement?.dataset?.page;
  byId('map').replaceChildren(...touched.map(([region, pages]) =>
      make('div', {class: 'region', role: 'group', 'aria-label':
                   region?.title ?? 'No memory'},
           make('h3', {}, region?.title ?? 'No memory: devices, or nothing',
                make('span', {class: 'extent'}, region === null ? ''
                    : ` ${hex(region.first)} \u2026 ` +
                      `${hex(region.first + region.pages - 1)}, ` +
                      sizeOfPages(region.pages))),
           make('div', {class: 'tiles'},
                ...tilesOfRegion(run, region, pages, step, marks)))));
  if (touched.length === 0) {
    byId('map').append(make('p', {}, 'The program touches no page.'));
  }
  byId('map').querySelector(`[data-page="${focused}"]`)?.focus();
  if (run.left_out > 0) {
    byId('map').append(make('p', {class: 'note'},
        `${run.left_out} further entries are not drawn.`));
  }
}

function drawLegend() {
  const example = (owner) => make('span',
      {class: `tile small ${classOfOwner(owner)}`},
      make('span', {class: 'owner'}, letterOfOwner(owner)));
  const owners = [0, 1, 2, 3, report.platform.el2, -1].map((owner) =>
      make('li', {}, example(owner), ` ${wordsOfOwner(owner)}`));
  const words = [
    ['\u00d72', 'of a VM\u2019s page: how often the VM shares it; of a host ' +
     'page: how many of the host\u2019s DMA mappings use it. \u00d7? is a ' +
     'page given through an SMMU that the VM has not mapped yet'],
    ['H V1 D0.3', 'whose tables translate to the page: the host\u2019s, ' +
     'VM 1\u2019s, those of SMMU 0 bank 3. Only what the program mapped'],
    ['changed', 'the step changes the page\u2019s record; mapping: who maps ' +
     'it; content: what it holds. A thick frame'],
    ['named', 'an argument of the call names the page: a dashed frame'],
    ['\u22ef 16 pages', 'that the program does not touch'],
    ['actual \u2026', 'the machines differ: the tile is what is expected, ' +
     'this is what the other machine has; a double frame'],
  ];
  byId('legend').append(make('ul', {class: 'owners'}, ...owners),
      make('dl', {}, ...words.map(([sign, means]) => make('div', {},
          make('dt', {}, sign), make('dd', {}, means)))),
      make('p', {}, 'A tile is a page, or neighbours that hold alike ' +
           'throughout the run. Choose one to see its story.'));
}

/* ---- The story of a page ---- */

/* All cells that are about the page. */
function cellsOfPage(run, page) {
  const meets = (first, length) =>
      first < page.index + page.length && first + length > page.index;
  return run.cells.filter((cell) => {
    if (['page', 'memory', 'memory_unknown'].includes(cell.kind) ||
        (cell.kind === 'npt' && cell.id === 0)) {
      return meets(cell.index, cell.length);
    }
    const length = cell.length *
        (cell.kind === 'npt_block' ? PAGES_PER_BLOCK : 1);
    return isTable(cell) && cell.history.some(({value}) =>
        value.to !== undefined && meets(parseInt(value.to, 16), length));
  });
}

function drawStory() {
  const box = byId('story');
  const run = currentRun();
  box.hidden = view.page === null;
  if (box.hidden) {
    return;
  }
  const page = run.cells[view.page];
  const events = cellsOfPage(run, page).flatMap((cell) =>
      cell.history.slice(1).map(({moment, value}) => ({moment, value, cell})));
  events.sort((a, b) => a.moment - b.moment || a.cell.at - b.cell.at);
  box.replaceChildren(
      make('h3', {}, `The story of ${page.title}`,
           button('Close', {}, () => tellStory(null))),
      events.length === 0 ? make('p', {}, 'No call changes it.')
          : make('ol', {}, ...events.map(({moment, value, cell}) => make('li',
              {class: moment === view.moment ? 'now' : ''},
              button(`step ${moment - 1}`, {}, () => show(view.name, moment)),
              make('span', {}, `${cell.title}: ${value.says}`)))));
}

function tellStory(page) {
  view.page = page;
  drawMap();
  drawStory();
}
