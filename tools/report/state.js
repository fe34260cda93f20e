/* What the machines hold before and after a step, and the program's text. */

/* ---- Panels ---- */

/* What there is to say of a cell at this step, and how much it matters. */
function rowOfCell(run, cell, step) {
  const both = isDivergent() ? run.differing.get(cell.at) : undefined;
  const before = valueAt(cell, Math.max(view.moment - 1, 0));
  const after = valueAt(cell, view.moment);
  const word = both !== undefined ? 'differs'
      : step?.changed.has(cell.at) ? 'changed'
      : isDivergent() && run.divergence.contradiction?.includes(cell.at)
          ? 'conflict' : 'same';
  return {cell, before, both, word, after};
}

const RANK = {differs: 0, conflict: 1, changed: 2, same: 3};

function valueCell(label, value, other) {
  return make('td', {'data-label': label}, ...marked(value, other));
}

function drawRow(row, columns) {
  const first = row.cell.length > 1
      ? make('span', {class: 'first'}, `the first of ${row.cell.length}`)
      : null;
  const values = columns.length === 4
      ? [valueCell(columns[1], row.before, null),
         valueCell(columns[2], row.both?.expected ?? row.after,
                   row.both?.actual ?? row.before),
         valueCell(columns[3], row.both?.actual ?? row.after,
                   row.both?.expected ?? row.before)]
      : [valueCell(columns[1], row.before, null),
         valueCell(columns[2], row.after, row.before)];
  return make('tr', {class: row.word},
              make('th', {scope: 'row'}, row.cell.title, first),
              ...values,
              make('td', {class: 'word'}, row.word === 'same' ? '\u2013'
                  : make('span', {class: `badge ${row.word}`}, row.word)));
}

function tableOf(rows, columns, caption) {
  return make('div', {class: 'scroll', tabindex: '-1'},
      make('table', {}, make('caption', {}, caption),
           make('thead', {}, make('tr', {}, ...[...columns, 'At this step']
               .map((name) => make('th', {scope: 'col'}, name)))),
           make('tbody', {}, ...rows.map((row) => drawRow(row, columns)))));
}

/* The columns are the same in all panels of a step. */
function columnsNow() {
  return isDivergent()
      ? ['What', 'Before', 'Expected: specification',
         `Actual: ${nameOfOther()}`]
      : ['What', 'Before', 'After'];
}

/* Which panels a reader has opened, beyond what a step changes. */
const opened = new Set();

/* The entries that the step leaves alone, behind one line that is `summary`. */
function restOf(panel, rows, columns, summary) {
  const rest = make('details', {class: 'rest'},
                    make('summary', {}, ...summary));
  const fill = () => {
    if (rest.open && rest.children.length === 1) {
      rest.append(tableOf(rows.slice(0, ROWS_AT_REST), columns,
                          `${panel.title}, unchanged`));
      if (rows.length > ROWS_AT_REST) {
        rest.append(make('p', {class: 'note'},
            `and ${rows.length - ROWS_AT_REST} more`));
      }
    }
  };
  rest.open = opened.has(panel.title);
  fill();
  rest.addEventListener('toggle', () => {
    fill();
    opened[rest.open ? 'add' : 'delete'](panel.title);
  });
  return rest;
}

function drawPanel(run, panel, step, columns) {
  const rows = run.cells.filter((cell) => panel.kinds.includes(cell.kind))
      .map((cell) => rowOfCell(run, cell, step));
  rows.sort((a, b) => RANK[a.word] - RANK[b.word] || a.cell.at - b.cell.at);
  const news = rows.filter((row) => row.word !== 'same');
  const rest = rows.slice(news.length);
  const title = make('h3', {}, panel.title);
  if (rows.length === 0) {
    return null;
  }
  if (news.length === 0) {
    return make('section', {class: 'panel quiet'}, restOf(panel, rest, columns,
        [title, make('span', {class: 'tally'},
                     `${rows.length}, none changed`)]));
  }
  return make('section', {class: 'panel'}, title,
      tableOf(news, columns, panel.title),
      rest.length === 0 ? null : restOf(panel, rest, columns,
          [`${rest.length} that this step leaves alone`]));
}

function drawPanels() {
  const run = currentRun();
  const step = currentStep();
  const columns = columnsNow();
  byId('state-title').textContent = step === undefined
      ? 'State at boot' : `State before and after step ${step.at}`;
  const panels = PANELS.map((panel) => drawPanel(run, panel, step, columns))
      .filter((panel) => panel !== null);
  const isQuiet = (panel) => panel.classList.contains('quiet');
  byId('panels').replaceChildren(
      ...panels.filter((panel) => !isQuiet(panel)),
      ...panels.filter(isQuiet));
}

/* ---- The program ---- */

function drawTexts() {
  const run = currentRun();
  const parts = [[view.name === 'minimized' ? 'Minimized program'
                                            : 'The program', run.text]];
  if (view.name === 'given' && runs.minimized !== undefined) {
    parts.unshift([`Minimized program, ` +
        plural(runs.minimized.steps.length, 'call'), runs.minimized.text]);
  }
  if (runs.minimized !== undefined) {
    parts.push(['As a unit test in C', runs.minimized.test]);
  }
  byId('texts-list').replaceChildren(...parts.map(([title, text]) => {
    const details = make('details', {}, make('summary', {}, title),
                         copyable(text, title));
    details.open = title !== 'As a unit test in C' &&
        (text.length < 6000 || title.startsWith('Minimized'));
    return details;
  }));
}
