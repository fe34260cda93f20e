#include "tools/report_cells.h"

#include "fuzz/comparison.h"

#include <stdlib.h>

/* So many more spans, most of which repeat others, are divided before there
 * are more of them. */
#define MANY_SPANS 65536

static bool grow(struct cell_spans *spans)
{
    size_t capacity = spans->capacity == 0 ? 256 : 2 * spans->capacity;
    struct cell_span *larger =
        realloc(spans->spans, capacity * sizeof *spans->spans);
    if (larger == NULL) {
        spans->is_short = true;
        return false;
    }
    spans->spans = larger;
    spans->capacity = capacity;
    return true;
}

void cell_spans_add(struct cell_spans *spans, el2_cell first, uint64_t count)
{
    if (spans->count < spans->capacity || grow(spans)) {
        spans->spans[spans->count++] = (struct cell_span){first, count};
    }
}

void cell_spans_free(struct cell_spans *spans)
{
    free(spans->spans);
    *spans = (struct cell_spans){0};
}

static int compare_cells(const void *a, const void *b)
{
    el2_cell left = *(const el2_cell *)a;
    el2_cell right = *(const el2_cell *)b;
    return (left > right) - (left < right);
}

/* Where spans begin, or where they end, ascending. */
static el2_cell *edges_of(const struct cell_spans *spans, bool ends)
{
    el2_cell *edges = malloc((spans->count + 1) * sizeof *edges);
    for (size_t i = 0; edges != NULL && i < spans->count; i++) {
        edges[i] = spans->spans[i].first + (ends ? spans->spans[i].count : 0);
    }
    if (edges != NULL) {
        qsort(edges, spans->count, sizeof *edges, compare_cells);
    }
    return edges;
}

/* Between each two edges a span, where any that was added covers it. */
static void divide_at(const el2_cell *begins, const el2_cell *ends,
                      size_t count, struct cell_spans *divided)
{
    size_t begun = 0;
    size_t ended = 0;
    el2_cell last = 0;
    while (ended < count) {
        bool begins_here = begun < count && begins[begun] <= ends[ended];
        el2_cell edge = begins_here ? begins[begun] : ends[ended];
        if (begun > ended && edge > last) {
            cell_spans_add(divided, last, edge - last);
        }
        last = edge;
        begun += begins_here;
        ended += !begins_here;
    }
}

void cell_spans_divide(struct cell_spans *spans)
{
    struct cell_spans divided = {0};
    el2_cell *begins = edges_of(spans, false);
    el2_cell *ends = edges_of(spans, true);
    if (begins != NULL && ends != NULL) {
        /* There are fewer than twice as many, which is not asked to divide
         * itself while it grows. */
        divided.capacity = 2 * spans->count + 1;
        divided.spans = malloc(divided.capacity * sizeof *divided.spans);
    }
    if (divided.spans == NULL) {
        spans->is_short = true;
    } else {
        divided.is_short = spans->is_short;
        divide_at(begins, ends, spans->count, &divided);
        free(spans->spans);
        *spans = divided;
    }
    free(begins);
    free(ends);
}

size_t cell_spans_limit(struct cell_spans *spans, size_t limit_of_kind)
{
    size_t kept = 0;
    size_t of_kind = 0;
    for (size_t i = 0; i < spans->count; i++) {
        bool is_first = i == 0 || el2_cell_kind(spans->spans[i].first) !=
                                      el2_cell_kind(spans->spans[i - 1].first);
        of_kind = is_first ? 1 : of_kind + 1;
        if (of_kind <= limit_of_kind) {
            spans->spans[kept++] = spans->spans[i];
        }
    }
    size_t gone = spans->count - kept;
    spans->count = kept;
    return gone;
}

bool report_names_page(const struct el2_call *call, uint32_t argument,
                       el2_cell *page)
{
    uint64_t value = call->arguments[argument];
    uint64_t pfn;
    switch (el2_calls[call->number].arguments[argument].kind) {
    case EL2_ARGUMENT_PFN:
        pfn = value;
        break;
    case EL2_ARGUMENT_PHYSICAL:
        pfn = value / EL2_PAGE_SIZE;
        break;
    case EL2_ARGUMENT_DESCRIPTOR:
        pfn = (value & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
        break;
    default:
        return false;
    }
    *page = el2_cell_make(EL2_CELL_PAGE, 0, pfn);
    return pfn < EL2_PFN_SPACE;
}

bool report_cell_differs(const struct lockstep *lockstep,
                         const struct divergence *divergence, el2_cell cell)
{
    const struct el2_step *expected = &divergence->expected_step;
    uint64_t checks[CHECK_COUNT] = {0};
    struct divergence found = {.observation = EL2_OBSERVE_PANIC};
    struct comparison comparison = comparison_begin(
        lockstep->specification, lockstep->other, lockstep->platform, &found,
        expected->panicked ? expected : NULL, checks);
    comparison_of_cell(&comparison, cell);
    return comparison.differs;
}

struct survey {
    const struct lockstep *lockstep;
    struct cell_spans *spans;
    el2_cell *cells; /* of the step that is looked at, ascending */
    size_t capacity;
    size_t divide_at; /* this many spans */
};

static struct el2_value now(const struct lockstep *lockstep, el2_cell cell)
{
    struct el2_machine *machine = lockstep->specification;
    return machine->operations->observe(machine, cell);
}

/* The same entry, one page or one block further; `stride` in pages. */
static bool entry_goes_on(struct el2_value value, struct el2_value next,
                          uint64_t stride)
{
    uint64_t difference =
        el2_value_descriptor(value) ^ el2_value_descriptor(next);
    uint64_t from = el2_value_translation(value);
    uint64_t to = el2_value_translation(next);
    return (difference & ~EL2_DESCRIPTOR_ADDRESS) == 0 &&
           el2_value_level(value) == el2_value_level(next) &&
           (to == from + stride ||
            (to == from && el2_value_equal(value, next)));
}

/* Whether the value of a cell and that of the next one are alike enough that
 * the first of many says it for all. */
static bool goes_on(enum el2_cell_kind kind, struct el2_value value,
                    struct el2_value next)
{
    switch (kind) {
    case EL2_CELL_PAGE:
        return value.words[1] == next.words[1] &&
               (el2_value_gfn(next) == el2_value_gfn(value) + 1 ||
                el2_value_gfn(next) == el2_value_gfn(value));
    case EL2_CELL_NPT:
    case EL2_CELL_SPT:
        return entry_goes_on(value, next, 1);
    case EL2_CELL_NPT_BLOCK:
        return entry_goes_on(value, next, EL2_PAGES_PER_BLOCK);
    case EL2_CELL_MEMORY:
        return (value.words[0] == 0) == (next.words[0] == 0);
    case EL2_CELL_MEMORY_UNKNOWN:
        return el2_value_equal(value, next);
    default:
        return false;
    }
}

static bool cell_goes_on(const struct lockstep *lockstep, el2_cell cell)
{
    return goes_on(el2_cell_kind(cell), now(lockstep, cell),
                   now(lockstep, cell + 1));
}

/* The pages to which a span of entries translates now, or no pages. */
static struct cell_span pages_of_entries(const struct lockstep *lockstep,
                                         struct cell_span entries)
{
    struct el2_value value = now(lockstep, entries.first);
    uint64_t pfn = el2_value_translation(value);
    uint64_t pages = el2_value_level(value) == 2 &&
                             el2_cell_kind(entries.first) == EL2_CELL_NPT_BLOCK
                         ? entries.count * EL2_PAGES_PER_BLOCK
                         : entries.count;
    bool translates =
        el2_value_descriptor(value) != 0 && pfn < EL2_PFN_SPACE - pages;
    return (struct cell_span){el2_cell_make(EL2_CELL_PAGE, 0, pfn),
                              translates ? pages : 0};
}

/* The pages that a span of cells is about, of which the map draws the record.
 * Entries of the host are about the page of the same number. */
static struct cell_span pages_of(const struct lockstep *lockstep,
                                 struct cell_span span)
{
    uint64_t index = el2_cell_index(span.first);
    switch (el2_cell_kind(span.first)) {
    case EL2_CELL_NPT:
        if (el2_cell_id(span.first) == EL2_HOSTVISOR &&
            index + span.count <= EL2_PFN_SPACE) {
            return (struct cell_span){el2_cell_make(EL2_CELL_PAGE, 0, index),
                                      span.count};
        }
        return pages_of_entries(lockstep, span);
    case EL2_CELL_NPT_BLOCK:
    case EL2_CELL_SPT:
        return pages_of_entries(lockstep, span);
    case EL2_CELL_MEMORY:
    case EL2_CELL_MEMORY_UNKNOWN:
        return (struct cell_span){el2_cell_make(EL2_CELL_PAGE, 0, index),
                                  span.count};
    default:
        return (struct cell_span){0, 0};
    }
}

static void add_span(struct survey *survey, struct cell_span span)
{
    if (survey->spans->count >= survey->divide_at) {
        cell_spans_divide(survey->spans);
        survey->divide_at = 2 * survey->spans->count + MANY_SPANS;
    }
    struct cell_span pages = pages_of(survey->lockstep, span);
    cell_spans_add(survey->spans, span.first, span.count);
    if (pages.count > 0) {
        cell_spans_add(survey->spans, pages.first, pages.count);
    }
}

/* Ascending cells as spans. */
static void add_cells(struct survey *survey, const el2_cell *cells,
                      size_t count)
{
    size_t i = 0;
    while (i < count) {
        struct cell_span span = {cells[i], 1};
        while (++i < count && cells[i] <= span.first + span.count) {
            el2_cell last = span.first + span.count - 1;
            if (cells[i] != last) {
                if (!cell_goes_on(survey->lockstep, last)) {
                    break;
                }
                span.count++;
            }
        }
        add_span(survey, span);
    }
}

static bool make_room(struct survey *survey, size_t count)
{
    if (count > survey->capacity) {
        el2_cell *larger = realloc(survey->cells, count * sizeof *larger);
        if (larger == NULL) {
            survey->spans->is_short = true;
            return false;
        }
        survey->cells = larger;
        survey->capacity = count;
    }
    return true;
}

static void add_touched(struct survey *survey)
{
    struct el2_machine *machine = survey->lockstep->specification;
    struct el2_touched touched = machine->operations->touched(machine);
    if (!make_room(survey, touched.count)) {
        return;
    }
    for (size_t i = 0; i < touched.count; i++) {
        survey->cells[i] = touched.cells[i];
    }
    if (touched.count > 0) {
        qsort(survey->cells, touched.count, sizeof *survey->cells,
              compare_cells);
    }
    add_cells(survey, survey->cells, touched.count);
}

static void survey_call(void *context, const struct lockstep_call *call)
{
    struct survey *survey = context;
    el2_cell page;
    const uint32_t count = el2_calls[call->call->number].argument_count;
    for (uint32_t i = 0; i < count; i++) {
        if (report_names_page(call->call, i, &page)) {
            cell_spans_add(survey->spans, page, 1);
        }
    }
    if (call->expected != NULL) {
        add_touched(survey);
    }
}

/* What differs in the end, whichever machine touched it. */
static void add_differing(struct survey *survey,
                          const struct divergence *divergence)
{
    const struct cell_set *cells = &survey->lockstep->cells;
    el2_cell cell = divergence->cell;
    if (divergence->observation == EL2_OBSERVE_INVARIANT) {
        add_span(survey, (struct cell_span){divergence->violation.entry, 1});
        add_span(survey, (struct cell_span){divergence->violation.page, 1});
    } else if (divergence->observation != EL2_OBSERVE_PANIC &&
               divergence->observation != EL2_OBSERVE_RESULT) {
        add_span(survey, (struct cell_span){cell, 1});
    }
    size_t count = 0;
    if (!make_room(survey, cells->count)) {
        return;
    }
    for (size_t i = 0; i < cells->count; i++) {
        cell = cells->cells[i];
        if ((unsigned)el2_cell_kind(cell) < EL2_CELL_KIND_COUNT &&
            report_cell_differs(survey->lockstep, divergence, cell)) {
            survey->cells[count++] = cell;
        }
    }
    if (count > 0) {
        qsort(survey->cells, count, sizeof *survey->cells, compare_cells);
    }
    add_cells(survey, survey->cells, count);
}

/*
 * What holds alike after each step may have been unlike at boot, where the
 * span crosses the end of a region.
 */
static void divide_at_boot(struct lockstep *lockstep, struct cell_spans *spans)
{
    const size_t count = spans->count;
    lockstep->specification->operations->reset(lockstep->specification);
    for (size_t i = 0; i < count; i++) {
        struct cell_span span = spans->spans[i];
        for (uint64_t length = 1; length < span.count; length++) {
            if (!cell_goes_on(lockstep, span.first + length - 1)) {
                cell_spans_add(spans, span.first, length);
            }
        }
    }
    if (spans->count > count) {
        cell_spans_divide(spans);
    }
}

bool report_cells_find(struct lockstep *lockstep, const struct program *program,
                       struct cell_spans *spans)
{
    struct divergence divergence;
    struct survey survey = {
        .lockstep = lockstep, .spans = spans, .divide_at = MANY_SPANS};
    lockstep->before = NULL;
    lockstep->after = survey_call;
    lockstep->watch_context = &survey;
    lockstep->end_comparison_period = 1;
    if (lockstep_run(lockstep, program, &divergence) == LOCKSTEP_DIVERGED) {
        add_differing(&survey, &divergence);
    }
    lockstep->after = NULL;
    free(survey.cells);
    cell_spans_divide(spans);
    divide_at_boot(lockstep, spans);
    return !spans->is_short;
}
