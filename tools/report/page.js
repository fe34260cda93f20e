/* Going from call to call: keys, clicks and links. The last part of the page's
 * script: what it begins with is at its end. */

/* ---- Going about ---- */

/* Show a moment of a run. */
function show(name, moment) {
  const isOther = name !== view.name;
  view.name = name;
  view.moment = Math.max(0, Math.min(moment, lastMoment(runs[name])));
  if (isOther) {
    view.page = null;
    drawRun();
  }
  drawMoment();
  history.replaceState(null, '', fragment());
}

function drawRun() {
  drawHead();
  drawTimeline();
  drawTexts();
}

function drawMoment() {
  markTimeline();
  drawStep();
  drawDivergence();
  drawMap();
  drawStory();
  drawPanels();
}

/* "#step-7", "#boot", "#minimized-step-7": what a link to a moment ends in. */
function fragment() {
  const prefix = view.name === 'minimized' ? '#minimized-' : '#';
  return prefix + (view.moment === 0 ? 'boot' : `step-${view.moment - 1}`);
}

function readFragment() {
  const match = /^#(minimized-)?(?:step-(\d+)|boot)$/.exec(location.hash);
  const name = match?.[1] === undefined ? 'given' : 'minimized';
  if (match === null || runs[name] === undefined) {
    return {name: 'given', moment: firstMoment(runs.given)};
  }
  return {name, moment: match[2] === undefined ? 0 : Number(match[2]) + 1};
}

/* The next moment, in a direction, at which anything changes. */
function nextChange(direction) {
  const run = currentRun();
  let moment = view.moment + direction;
  while (moment > 0 && moment <= lastMoment(run)) {
    const step = run.steps[moment - 1];
    if (step.changed.size > 0 || step.state === 'panicked' ||
        run.divergence?.step === step.at) {
      return moment;
    }
    moment += direction;
  }
  return view.moment;
}

/* Where a key leads: a run and a moment; null for other keys. */
function momentOfKey(key) {
  const run = currentRun();
  const {name, moment} = view;
  switch (key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return [name, moment + 1];
    case 'ArrowUp':
    case 'ArrowLeft':
      return [name, moment - 1];
    case 'Home':
      return [name, 0];
    case 'End':
      return [name, lastMoment(run)];
    case 'n':
      return [name, nextChange(1)];
    case 'p':
      return [name, nextChange(-1)];
    case 'd':
      return run.divergence === undefined
          ? null : [name, run.divergence.step + 1];
    case 'm': {
      const other = name === 'given' ? 'minimized' : 'given';
      return runs[other] === undefined
          ? null : [other, firstMoment(runs[other])];
    }
    default:
      return null;
  }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey ||
      event.target.closest('[data-own-keys]') !== null) {
    return;
  }
  if (event.key === 'Escape' && view.page !== null) {
    tellStory(null);
    return;
  }
  const to = momentOfKey(event.key);
  if (to !== null) {
    event.preventDefault();
    show(...to);
  }
});

byId('calls').addEventListener('click', (event) => {
  const item = event.target.closest('[data-moment]');
  if (item !== null) {
    show(view.name, Number(item.dataset.moment));
  }
});

window.addEventListener('hashchange', () => {
  const {name, moment} = readFragment();
  show(name, moment);
});

drawLegend();
Object.assign(view, readFragment());
drawRun();
show(view.name, view.moment);
