#include "fuzz/trail.h"

/* Of a long range the first cells say enough. */
#define CELLS_PER_CALL 24

#define MARKS (sizeof((struct trail *)0)->marks / sizeof(struct trail_mark))

void trail_start(struct trail *trail, uint8_t *counters)
{
    trail->counters = counters;
    trail->program = 1;
    for (size_t i = 0; i < MARKS; i++) {
        trail->marks[i].program = 0;
    }
}

void trail_begin_program(struct trail *trail)
{
    trail->program++;
}

static uint64_t mix(uint64_t value)
{
    value *= UINT64_C(0x9e3779b97f4a7c15);
    return value ^ value >> 29;
}

/* The mark of a cell. One that another cell has is taken over: what is lost is
 * one meeting. */
static struct trail_mark *mark_of(struct trail *trail, el2_cell cell)
{
    struct trail_mark *mark = &trail->marks[mix(cell) % MARKS];
    if (mark->program != trail->program || mark->cell != cell) {
        *mark = (struct trail_mark){cell, trail->program, 0, 0};
    }
    return mark;
}

/* What is one for all, like the number of tables, everybody changes: there it
 * is the values that tell something. */
static bool is_meeting_place(el2_cell cell)
{
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
    case EL2_CELL_NPT:
    case EL2_CELL_SPT:
    case EL2_CELL_BANK:
    case EL2_CELL_VM_STATE:
    case EL2_CELL_MEMORY:
        return true;
    default:
        return false;
    }
}

static void count(struct trail *trail, uint64_t what)
{
    trail->counters[mix(what) % TRAIL_COUNTERS] = 1;
}

static uint64_t magnitude(uint64_t value)
{
    return value == 0 ? 0 : 64 - (uint64_t)__builtin_clzll(value);
}

/* How far something has come that grows: images, the pages of one, tables
 * taken. */
static void add_value(struct trail *trail, uint32_t number, el2_cell cell,
                      const struct el2_value *value)
{
    uint64_t where = (uint64_t)el2_cell_kind(cell) << 16 |
                     (el2_cell_index(cell) & 0xff) << 8 | number;
    for (unsigned i = 0; i < 2; i++) {
        count(trail, where << 32 | i << 8 | magnitude(value->words[i]));
    }
}

/* The call met others in this cell. */
static void add_meeting(struct trail *trail, uint32_t ended, el2_cell cell)
{
    struct trail_mark *mark = mark_of(trail, cell);
    uint64_t meeting = (uint64_t)mark->last << 32 | ended;
    count(trail, mix(meeting) ^ mark->before_last);
    if (el2_cell_kind(cell) == EL2_CELL_PAGE) {
        mark->before_last = mark->last;
    }
    mark->last = ended;
}

void trail_add(struct trail *trail, uint32_t number, enum el2_outcome outcome,
               const struct el2_touched *touched)
{
    uint32_t ended = number << 8 | (uint32_t)outcome;
    size_t cells =
        touched->count < CELLS_PER_CALL ? touched->count : CELLS_PER_CALL;
    count(trail, (uint64_t)ended << 8 | magnitude(touched->count));
    for (size_t i = 0; i < cells; i++) {
        el2_cell cell = touched->cells[i];
        if (is_meeting_place(cell)) {
            add_meeting(trail, ended, cell);
        } else {
            add_value(trail, number, cell, &touched->values[i]);
        }
    }
}
