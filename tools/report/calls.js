/* The head of the page, its calls, and the one that is shown. */

/* ---- Head ---- */

const nameOfOther = () =>
    report.other_is_el2_code ? 'EL2 code' : report.other;

/* A machine contradicts itself; the two need not differ. */
const isAboutInvariant = (run) =>
    run.divergence?.observation === 'invariant';

function wordsOfEnd(run) {
  const panic = run.steps.find((step) => step.state === 'panicked');
  if (run.end === 'diverged') {
    const what = isAboutInvariant(run) ? 'An invariant is broken'
                                       : 'The machines differ';
    return `${what} at step ${run.divergence.step}`;
  }
  if (run.end === 'no_room') {
    return 'The same, until the program outgrew the machines';
  }
  if (panic !== undefined) {
    return `The same: both machines panic at step ${panic.at}`;
  }
  return run.steps.length === 0 ? 'A program without calls'
                                : 'The same, to the end';
}

/* A sentence more, or nothing. */
function explanationOfEnd(run) {
  const panic = run.steps.find((step) => step.state === 'panicked');
  if (run.end === 'diverged') {
    const step = run.steps[run.divergence.step];
    return `${step.call} ends as ${run.divergence.outcome} by the ` +
        `specification: ${step.means}. ` + (isAboutInvariant(run)
            ? 'Then two of the entries contradict each other.'
            : 'The first difference is in ' +
              `${wordOfObservation(run.divergence.observation)}.`);
  }
  return panic === undefined ? '' : `${panic.call}: ${panic.means}.`;
}

function wordOfObservation(observation) {
  const words = {
    panic: 'whether it panics', result: 'the result',
    owner: 'the owner of a page', count: 'the share count of a page',
    gfn: 'the gfn of a page', npt: 'a stage-2 entry', spt: 'an SMMU entry',
    bank: 'the owner of a bank', vm: 'the state of a VM or vCPU',
    images: 'a boot image', core: 'EL2\u2019s counters',
    memory: 'the content of a page', tables: 'the number of tables taken',
  };
  return words[observation] ?? observation;
}

function wordsOfTable(run) {
  if (run.failed_table !== undefined) {
    return `table ${run.failed_table.number} is made to fail: ` +
        run.failed_table.words;
  }
  return run.failing_table > 0
      ? `table ${run.failing_table} should fail, and it takes fewer` : null;
}

function wordsOfCalls(run) {
  const count = (state) =>
      run.steps.filter((step) => step.state === state).length;
  const parts = [plural(run.steps.length, 'call')];
  if (count('skipped') > 0) {
    parts.push(`${count('skipped')} skipped`);
  }
  if (count('not_made') > 0) {
    parts.push(`${count('not_made')} not made`);
  }
  return parts.join(', ');
}

function drawHead() {
  const run = currentRun();
  const signature = run.divergence?.signature;
  document.title = `${signature ?? wordsOfEnd(run)} \u2013 ${report.shown} ` +
      '\u2013 el2diff';
  document.body.dataset.end = run.end;
  byId('shown').textContent = report.shown;
  byId('verdict').replaceChildren(
      make('span', {class: 'sign', 'aria-hidden': 'true'},
           run.end === 'diverged' ? '\u2260' : '='),
      wordsOfEnd(run));
  byId('explained').textContent = explanationOfEnd(run);
  const facts = [
    ['Signature', signature ?? null],
    ['Target', `${report.target}: ${report.compares}`],
    ['Platform', report.platform.name],
    ['Program', wordsOfCalls(run)],
    ['Failing table', wordsOfTable(run)],
    ['Kind of run', run.run === 'tables' ? 'table primitives only' : null],
  ];
  byId('facts').replaceChildren(...facts.filter(([, value]) => value !== null)
      .map(([name, value]) => make('div', {}, make('dt', {}, name),
                                   make('dd', {}, value))));
  byId('replay').replaceChildren(make('span', {class: 'label'}, 'Replay'),
                                 copyable(run.replay, 'the replay command'));
  drawViews();
}

/* The switch between the program and the minimized one. */
function drawViews() {
  const names = {given: 'As given', minimized: 'Minimized'};
  const buttons = Object.keys(runs).map((name) => button(
      `${names[name]}: ${plural(runs[name].steps.length, 'call')}`,
      {'aria-pressed': String(name === view.name), 'data-view': name},
      () => show(name, firstMoment(runs[name]))));
  byId('views').replaceChildren(...(buttons.length > 1 ? buttons : []));
}

/* ---- Timeline ---- */

/* The words that stand beside a call, most telling first. */
function badgesOfStep(run, step) {
  const badges = [];
  if (run.divergence !== undefined && run.divergence.step === step.at) {
    badges.push(['differs', isAboutInvariant(run) ? '\u2260 invariant'
                                                   : '\u2260 differs']);
  }
  if (step.state === 'panicked') {
    badges.push(['panic', '\u2716 panic']);
  } else if (step.state === 'skipped') {
    badges.push(['skipped', 'skipped']);
  } else if (step.state === 'not_made') {
    badges.push(['skipped', 'not made']);
  } else if (step.changed.size > 0) {
    badges.push(['changes', '\u25cf changes']);
  }
  return badges;
}

function itemOfStep(run, step) {
  const [name, ...rest] = step.text.split(' ');
  const outcome = step.state === 'skipped'
      ? 'outside what the specification speaks of'
      : step.means ?? '';
  const result = step.result === undefined ? null
      : make('span', {class: 'result'}, ` \u2192 ${step.result}`);
  return make('li', {
    role: 'option', id: `call-${step.at}`, class: `call ${step.state}`,
    'data-moment': step.at + 1, 'aria-selected': 'false',
  },
  make('span', {class: 'number'}, String(step.at)),
  make('span', {class: 'what'}, make('b', {}, name),
       rest.length > 0 ? ' ' + rest.join(' ') : '', result),
  make('span', {class: 'badges'}, ...badgesOfStep(run, step).map(
      ([kind, words]) => make('span', {class: `badge ${kind}`}, words))),
  make('span', {class: 'means'}, outcome));
}

function drawTimeline() {
  const run = currentRun();
  const boot = make('li', {
    role: 'option', id: 'call-boot', class: 'call boot', 'data-moment': '0',
    'aria-selected': 'false',
  }, make('span', {class: 'number'}, '\u2013'),
  make('span', {class: 'what'}, 'boot'),
  make('span', {class: 'means'}, 'before the first call'));
  byId('calls').replaceChildren(
      boot, ...run.steps.map((step) => itemOfStep(run, step)));
  byId('keys').replaceChildren(...keyHelp());
}

function keyHelp() {
  const keys = [['\u2191 \u2193', 'step'], ['Home End', 'first, last'],
                ['n p', 'next, previous change']];
  if (currentRun().divergence !== undefined) {
    keys.push(['d', 'the difference']);
  }
  if (runs.minimized !== undefined) {
    keys.push(['m', 'minimized or not']);
  }
  return keys.map(([key, does]) => make('span', {},
      ...key.split(' ').map((name) => make('kbd', {}, name)), ` ${does}`));
}

function markTimeline() {
  const list = byId('calls');
  list.querySelector('[aria-selected=true]')
      ?.setAttribute('aria-selected', 'false');
  const item = list.children[view.moment];
  item.setAttribute('aria-selected', 'true');
  list.setAttribute('aria-activedescendant', item.id);
  /* Scroll the list only, never the page. */
  const above = item.offsetTop;
  if (above < list.scrollTop) {
    list.scrollTop = above;
  } else if (above + item.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = above + item.offsetHeight - list.clientHeight;
  }
}

/* ---- The step ---- */

function drawSteering() {
  const run = currentRun();
  const last = lastMoment(run);
  const to = (text, label, moment) => {
    const element = button(text, {'aria-label': label},
                           () => show(view.name, moment));
    element.disabled = moment < 0 || moment > last || moment === view.moment;
    return element;
  };
  const buttons = [
    to('\u21e4', 'To boot', 0),
    to('\u2190', 'One call back', view.moment - 1),
    to('\u2192', 'One call on', view.moment + 1),
    to('\u21e5', 'To the last call', last),
  ];
  if (run.divergence !== undefined) {
    buttons.push(to('\u2260 difference', 'To where the machines differ',
                    run.divergence.step + 1));
  }
  byId('steering').replaceChildren(...buttons);
}

function wordsOfStep(step) {
  if (step.state === 'skipped') {
    return [['How it ends', 'skipped: the specification says nothing of this ' +
             'call with these arguments in this state, so it is not made']];
  }
  if (step.state === 'not_made') {
    return [['How it ends', 'not made: the run ended before it']];
  }
  const rows = [['How it ends', `${step.outcome}: ${step.means}`]];
  if (step.state === 'panicked') {
    rows.push(['Panic', 'EL2 stops here; what a lock protects that is held ' +
               'now is torn, and is not compared']);
  }
  if (step.result !== undefined) {
    rows.push(['Result', step.result]);
  }
  const changed = step.changed.size;
  rows.push(['Changes', changed === 0 ? 'nothing' : plural(changed, 'entry')
      .replace('entrys', 'entries')]);
  return rows;
}

function drawStep() {
  drawSteering();
  const step = currentStep();
  if (step === undefined) {
    byId('step-title').replaceChildren('Boot');
    byId('step-says').replaceChildren(
        make('p', {}, 'What both machines hold before the first call.'));
    return;
  }
  const text = currentRun().calls[step.call];
  byId('step-title').replaceChildren(
      make('span', {class: 'number'}, `Step ${step.at}`),
      make('code', {}, step.text),
      ...badgesOfStep(currentRun(), step).map(
          ([kind, words]) => make('span', {class: `badge ${kind}`}, words)));
  byId('step-says').replaceChildren(
      make('p', {class: 'says'}, `${text.group}: ${text.says}`),
      make('dl', {}, ...wordsOfStep(step).map(([name, value]) =>
          make('div', {}, make('dt', {}, name), make('dd', {}, value)))));
}

/* ---- The difference ---- */

function wordsOfEnding(ending) {
  if (ending.fault !== undefined) {
    return `its guard stopped it: ${ending.fault}`;
  }
  if (ending.panicked) {
    return 'panics';
  }
  const accesses = {done: 'the access goes through', fault: 'the access faults',
                    device: 'the access reaches a device',
                    unknown: 'the access may end in anything but a fault'};
  const access = accesses[ending.access];
  const result = ending.result === undefined
      ? null : `the result is ${ending.result}`;
  return [access, result].filter((word) => word).join(', ') || 'returns';
}

/* The words of `part` that `other` has not: between what both begin with and
 * what both end in. */
function markedPart(part, other) {
  const words = part.split(' ');
  const others = (other ?? '').split(' ');
  const least = Math.min(words.length, others.length);
  let begin = 0;
  while (begin < least && words[begin] === others[begin]) {
    begin++;
  }
  let end = 0;
  while (end < least - begin &&
         words[words.length - 1 - end] === others[others.length - 1 - end]) {
    end++;
  }
  const middle = words.slice(begin, words.length - end).join(' ');
  const before = words.slice(0, begin).map((word) => word + ' ').join('');
  const after = words.slice(words.length - end).map((word) => ' ' + word)
      .join('');
  return [before, middle === '' ? null : make('mark', {}, middle), after]
      .filter((piece) => piece !== null && piece !== '');
}

/* A value in words; what the other one has not is marked. */
function marked(value, other) {
  const parts = value.says.split(', ');
  const others = other === null ? parts : other.says.split(', ');
  return parts.flatMap((part, at) => [
    at === 0 ? '' : ', ',
    ...(part === others[at] ? [part] : markedPart(part, others[at])),
  ]);
}

/* So many entries stand side by side; the tables have them all. */
const ENTRIES_OF_SIDE = 12;

function sideOf(divergence, name, title, which) {
  const run = currentRun();
  const other = which === 'expected' ? 'actual' : 'expected';
  const entry = (index, value, against) => make('div', {},
      make('dt', {}, run.cells[index].title),
      make('dd', {}, ...marked(value, against)));
  const rows = [...run.differing].slice(0, ENTRIES_OF_SIDE).map(
      ([index, both]) => entry(index, both[which], both[other]));
  const contradicting = (divergence.contradiction ?? [])
      .filter((index) => !run.differing.has(index))
      .map((index) => entry(index, valueAt(run.cells[index], view.moment),
                            null));
  rows.push(...contradicting);
  if (run.differing.size > ENTRIES_OF_SIDE) {
    rows.push(make('div', {}, `and ${run.differing.size - ENTRIES_OF_SIDE} ` +
                   'more, in the tables below'));
  }
  return make('div', {class: `side ${which}`},
              make('h3', {}, make('span', {class: 'word'}, title), ` ${name}`),
              make('dl', {}, make('div', {}, make('dt', {}, 'The call'),
                                  make('dd', {}, wordsOfEnding(
                                      divergence[which]))), ...rows));
}

const nameOfViolator = (divergence) =>
    divergence.violator === report.other && report.other_is_el2_code
        ? 'EL2 code' : divergence.violator;

function drawDivergence() {
  const section = byId('divergence');
  section.hidden = !isDivergent();
  if (section.hidden) {
    return;
  }
  const {divergence} = currentRun();
  byId('divergence-title').textContent = '\u2260 Here ' +
      (isAboutInvariant(currentRun())
          ? `an invariant is broken, on the ${nameOfViolator(divergence)}`
          : 'the machines differ');
  byId('sides').replaceChildren(
      sideOf(divergence, `the specification (${report.specification})`,
             'Expected', 'expected'),
      sideOf(divergence, report.other_is_el2_code
          ? 'the EL2 code' : `the other machine (${report.other})`,
             'Actual', 'actual'));
  byId('described').textContent = divergence.words;
  byId('seen-by').textContent = `Seen by ${divergence.seen_by.join(', ')}.`;
}
