#include "fuzz/minimize.h"

#include "fuzz/renaming.h"
#include "fuzz/replacement.h"
#include "fuzz/simplicity.h"

#include <string.h>

/* What a run costs besides its calls, as a number of calls; and how many
 * comparisons cost as much as a call on a few pages. */
#define EFFORT_OF_RUN        20
#define COMPARISONS_PER_CALL 32

/* What combines things is tried as long as it costs less than this. */
#define EFFORT_OF_COMBINATIONS 500000

/* The same for the calls of one number in place of others. */
#define EFFORT_OF_REPLACEMENTS 30000

struct minimizer {
    struct lockstep *lockstep;
    struct program *program; /* the simplest so far */
    struct program *candidate;
    struct minimized *minimized;
    uint64_t effort_limit;
    uint64_t effort_of_run; /* of the simplest so far */
    uint64_t effort_of_last_run;
};

static void copy_program(struct program *to, const struct program *from)
{
    memcpy(to, from,
           offsetof(struct program, calls) +
               from->call_count * sizeof from->calls[0]);
}

static void remove_calls_at(struct program *program, size_t at, size_t count)
{
    memmove(&program->calls[at], &program->calls[at + count],
            (program->call_count - at - count) * sizeof program->calls[0]);
    program->call_count -= count;
}

static bool same_signature(const struct divergence *a,
                           const struct divergence *b)
{
    return a->call.number == b->call.number && a->outcome == b->outcome &&
           a->observation == b->observation;
}

static bool has_effort_left(const struct minimizer *minimizer)
{
    return minimizer->minimized->effort < minimizer->effort_limit;
}

/* What was done on the lockstep's machines ever. */
static uint64_t effort_on(const struct lockstep *lockstep)
{
    const struct lockstep_counts *counts = lockstep->counts;
    uint64_t comparisons = 0;
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        comparisons += counts->checks[i];
    }
    return counts->calls + counts->skipped + comparisons / COMPARISONS_PER_CALL;
}

/* Run a program. False when it does not diverge. */
static bool diverges(struct minimizer *minimizer, const struct program *program,
                     struct divergence *divergence)
{
    uint64_t before = effort_on(minimizer->lockstep);
    enum lockstep_end end =
        lockstep_run(minimizer->lockstep, program, divergence);
    minimizer->effort_of_last_run =
        effort_on(minimizer->lockstep) - before + EFFORT_OF_RUN;
    minimizer->minimized->runs++;
    minimizer->minimized->effort += minimizer->effort_of_last_run;
    return end == LOCKSTEP_DIVERGED;
}

/* A candidate begins as what there is. */
static struct program *begin(struct minimizer *minimizer)
{
    copy_program(minimizer->candidate, minimizer->program);
    return minimizer->candidate;
}

/* How many calls a program must keep that diverged like this: what comes after
 * the divergence was not run, or skipped, but tables are counted there. */
static size_t calls_needed(const struct divergence *divergence)
{
    const struct table_allocation *failed = &divergence->failed_table;
    return 1 + (failed->number != 0 && failed->step > divergence->step
                    ? failed->step
                    : divergence->step);
}

/* Go to the candidate if it is simpler and diverges for the same reason. */
static bool try_as_it_is(struct minimizer *minimizer)
{
    struct program *candidate = minimizer->candidate;
    struct divergence divergence;
    if (!has_effort_left(minimizer) ||
        !program_simpler(candidate, minimizer->program) ||
        !diverges(minimizer, candidate, &divergence) ||
        !same_signature(&divergence, &minimizer->minimized->divergence)) {
        return false;
    }
    candidate->call_count = calls_needed(&divergence);
    minimizer->minimized->divergence = divergence;
    minimizer->effort_of_run = minimizer->effort_of_last_run;
    copy_program(minimizer->program, candidate);
    return true;
}

/*
 * A table that fails in the last call is the same one of that call in the
 * candidate, whatever the calls before it take there. False when that is the
 * number which the candidate has.
 */
static bool renumber_table(struct minimizer *minimizer)
{
    struct program *candidate = minimizer->candidate;
    const struct table_allocation *failed =
        &minimizer->minimized->divergence.failed_table;
    uint16_t number = candidate->failing_table;
    if (number == 0 || failed->number == 0 || candidate->call_count == 0) {
        return false;
    }
    struct lockstep *lockstep = minimizer->lockstep;
    struct table_allocation last;
    program_resolve_all(candidate, lockstep->platform, lockstep->calls);
    uint32_t before = table_allocations(
        lockstep->specification, candidate->run, lockstep->calls,
        candidate->call_count - 1, UINT16_MAX - failed->in_call, &last);
    candidate->failing_table = (uint16_t)(before + failed->in_call);
    return candidate->failing_table != number;
}

static bool try_candidate(struct minimizer *minimizer)
{
    return try_as_it_is(minimizer) ||
           (renumber_table(minimizer) && try_as_it_is(minimizer));
}

static bool try_without(struct minimizer *minimizer, size_t at, size_t count)
{
    remove_calls_at(begin(minimizer), at, count);
    return try_candidate(minimizer);
}

/* Pieces of this many calls, from the end: later calls need earlier ones. */
static bool remove_pieces(struct minimizer *minimizer, size_t size)
{
    bool changed = false;
    size_t end = minimizer->program->call_count;
    while (end > 0) {
        size_t begin_at = end > size ? end - size : 0;
        if (try_without(minimizer, begin_at, end - begin_at)) {
            changed = true;
        }
        size_t left = minimizer->program->call_count;
        end = begin_at < left ? begin_at : left;
    }
    return changed;
}

/* Halves, quarters and so on, then single calls until none can go. */
static bool remove_calls(struct minimizer *minimizer)
{
    bool changed = false;
    for (size_t size = minimizer->program->call_count / 2; size > 1;
         size /= 2) {
        changed |= remove_pieces(minimizer, size);
    }
    while (remove_pieces(minimizer, 1)) {
        changed = true;
    }
    return changed;
}

/* Rename if that reaches more operands than *reached, which is counted up. */
static bool try_renaming(struct minimizer *minimizer,
                         const struct renaming *renaming, size_t *reached)
{
    size_t renamed = renaming_apply(renaming, begin(minimizer));
    if (renamed <= *reached) {
        return false;
    }
    *reached = renamed;
    return try_candidate(minimizer);
}

/* The same value wherever it is; two values change places; all pages of a
 * block, or all that follow, move. */
static bool try_renamings(struct minimizer *minimizer, struct renaming renaming)
{
    size_t reached = 1;
    if (try_renaming(minimizer, &renaming, &reached)) {
        return true;
    }
    size_t reached_too = reached;
    renaming.exchanges = renaming.from_base == renaming.to_base;
    if (try_renaming(minimizer, &renaming, &reached_too)) {
        return true;
    }
    renaming.exchanges = false;
    if (!operand_names_page(renaming.kind)) {
        return false;
    }
    renaming.span = EL2_PAGES_PER_BLOCK;
    if (try_renaming(minimizer, &renaming, &reached)) {
        return true;
    }
    renaming.span = UINT64_MAX;
    return try_renaming(minimizer, &renaming, &reached);
}

/* One operand becomes another value, with those that agree with it, or
 * alone. */
static bool try_operand(struct minimizer *minimizer, struct place place,
                        struct operand operand)
{
    enum el2_argument_kind kind = place_kind(minimizer->program, place);
    const struct operand *old = place_operand(minimizer->program, place);
    struct renaming renaming = renaming_make(kind, old, &operand);
    bool renames =
        renaming.from != renaming.to || renaming.from_base != renaming.to_base;
    if (renames && try_renamings(minimizer, renaming)) {
        return true;
    }
    *place_operand(begin(minimizer), place) = operand;
    return try_candidate(minimizer);
}

/* The operand with the value of another place. False when that is no value for
 * it, or the one that it has. */
static bool borrow(struct program *program, struct place place,
                   struct place lender, struct operand *borrowed)
{
    const struct operand *old = place_operand(program, place);
    return operand_borrow(place_kind(program, place), old,
                          place_kind(program, lender),
                          place_operand(program, lender), borrowed) &&
           (borrowed->base != old->base || borrowed->value != old->value);
}

/* What the program has elsewhere. */
static bool simplify_by_borrowing(struct minimizer *minimizer,
                                  struct place place)
{
    struct program *program = minimizer->program;
    struct operand borrowed;
    struct place lender = PLACE_BEFORE_FIRST;
    while (place_next(program, &lender)) {
        if (borrow(program, place, lender, &borrowed) &&
            operand_simpler(place_kind(program, place), &borrowed,
                            place_operand(program, place)) &&
            try_operand(minimizer, place, borrowed)) {
            return true;
        }
    }
    return false;
}

static bool simplify_operand_once(struct minimizer *minimizer,
                                  struct place place)
{
    struct operand candidates[OPERAND_CANDIDATE_LIMIT];
    struct program *program = minimizer->program;
    size_t count = operand_candidates(
        place_kind(program, place), place_operand(program, place),
        minimizer->lockstep->platform, candidates);
    for (size_t i = 0; i < count; i++) {
        if (try_operand(minimizer, place, candidates[i])) {
            return true;
        }
    }
    return simplify_by_borrowing(minimizer, place);
}

static bool simplify_operands(struct minimizer *minimizer)
{
    bool changed = false;
    struct place place = PLACE_BEFORE_FIRST;
    while (place_next(minimizer->program, &place)) {
        size_t count = minimizer->program->call_count;
        while (simplify_operand_once(minimizer, place)) {
            changed = true;
            if (minimizer->program->call_count != count) {
                return true; /* the divergence came earlier */
            }
        }
    }
    return changed;
}

static bool simplify_run(struct minimizer *minimizer)
{
    begin(minimizer)->run = EL2_RUN_CONTRACTS;
    return try_candidate(minimizer);
}

/* No table, or an earlier one. */
static bool simplify_failure(struct minimizer *minimizer)
{
    for (uint16_t table = 0; table < minimizer->program->failing_table;
         table++) {
        begin(minimizer)->failing_table = table;
        if (try_as_it_is(minimizer)) {
            return true;
        }
    }
    return false;
}

/* VMs have the numbers in which they were registered: without one of them,
 * the numbers of those after it are one less. */
static void remove_registration(struct program *program, size_t at)
{
    uint64_t vmid = 1;
    for (size_t i = 0; i < at; i++) {
        vmid += program->calls[i].number == EL2_CALL_register_kvm;
    }
    const struct renaming renaming = {
        .kind = EL2_ARGUMENT_VMID,
        .from = vmid + 1,
        .to = vmid,
        .span = EL2_VMID_LIMIT,
    };
    remove_calls_at(program, at, 1);
    renaming_apply(&renaming, program);
}

static bool remove_vms(struct minimizer *minimizer)
{
    bool changed = false;
    for (size_t i = minimizer->program->call_count; i-- > 0;) {
        if (i < minimizer->program->call_count &&
            minimizer->program->calls[i].number == EL2_CALL_register_kvm) {
            remove_registration(begin(minimizer), i);
            changed |= try_candidate(minimizer);
        }
    }
    return changed;
}

/* Any two calls, of long programs only those near each other. */
static bool remove_two(struct minimizer *minimizer)
{
    size_t count = minimizer->program->call_count;
    size_t distance =
        EFFORT_OF_COMBINATIONS / (count * minimizer->effort_of_run + 1);
    for (size_t second = count; second-- > 1;) {
        size_t first = second > distance ? second - distance : 0;
        for (; first < second; first++) {
            struct program *candidate = begin(minimizer);
            remove_calls_at(candidate, second, 1);
            remove_calls_at(candidate, first, 1);
            if (try_candidate(minimizer)) {
                return true;
            }
        }
    }
    return false;
}

/* Without any one call, once an operand has become another. */
static bool remove_one_with(struct minimizer *minimizer, struct place place,
                            struct operand operand, bool everywhere)
{
    enum el2_argument_kind kind = place_kind(minimizer->program, place);
    const struct operand *old = place_operand(minimizer->program, place);
    const struct renaming renaming = renaming_make(kind, old, &operand);
    for (size_t i = minimizer->program->call_count; i-- > 0;) {
        struct program *candidate = begin(minimizer);
        if (everywhere) {
            (void)renaming_apply(&renaming, candidate);
        } else {
            *place_operand(candidate, place) = operand;
        }
        remove_calls_at(candidate, i, 1);
        if (try_candidate(minimizer)) {
            return true;
        }
    }
    return false;
}

/* How many pairs of operands could be made the same. */
static size_t count_pairs(struct program *program)
{
    size_t count = 0;
    struct place place = PLACE_BEFORE_FIRST;
    while (place_next(program, &place)) {
        struct place lender = PLACE_BEFORE_FIRST;
        while (place_next(program, &lender)) {
            struct operand operand;
            count += borrow(program, place, lender, &operand);
        }
    }
    return count;
}

/* A call may be needed only because two operands differ: make them the same,
 * here or everywhere, and leave out a call. */
static bool remove_by_joining(struct minimizer *minimizer)
{
    struct program *program = minimizer->program;
    size_t runs = 2 * count_pairs(program) * program->call_count;
    if (runs * minimizer->effort_of_run > EFFORT_OF_COMBINATIONS) {
        return false;
    }
    struct place place = PLACE_BEFORE_FIRST;
    while (place_next(program, &place)) {
        struct place lender = PLACE_BEFORE_FIRST;
        while (place_next(program, &lender)) {
            struct operand operand;
            if (borrow(program, place, lender, &operand) &&
                (remove_one_with(minimizer, place, operand, true) ||
                 remove_one_with(minimizer, place, operand, false))) {
                return true;
            }
        }
    }
    return false;
}

/* One call in place of any two. */
static bool replace_two_by(struct minimizer *minimizer,
                           const struct program_call *call)
{
    size_t count = minimizer->program->call_count;
    for (size_t at = 0; at < count; at++) {
        for (size_t other = 0; other < count; other++) {
            if (other == at) {
                continue;
            }
            struct program *candidate = begin(minimizer);
            candidate->calls[at] = *call;
            remove_calls_at(candidate, other, 1);
            if (try_candidate(minimizer)) {
                return true;
            }
        }
    }
    return false;
}

/* Two calls may do what one of another kind does. */
static bool remove_by_replacing(struct minimizer *minimizer)
{
    const struct program *program = minimizer->program;
    size_t runs = program->call_count * program->call_count;
    size_t limit =
        EFFORT_OF_REPLACEMENTS / (runs * minimizer->effort_of_run + 1);
    struct replacement replacement;
    for (uint32_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        size_t left = el2_calls[number].name == NULL ? 0 : limit;
        if (left > 0) {
            replacement_begin(&replacement, program, number);
        }
        for (bool more = left > 0; more && left > 0; left--) {
            if (replace_two_by(minimizer, &replacement.call)) {
                return true;
            }
            more = replacement_next(&replacement);
        }
    }
    return false;
}

/* Until nothing changes. Calls first: an operand that is simpler already may
 * no longer be the one that makes a call needless. */
static void search(struct minimizer *minimizer)
{
    while (remove_calls(minimizer) || remove_vms(minimizer) ||
           remove_two(minimizer) || remove_by_joining(minimizer) ||
           remove_by_replacing(minimizer) || simplify_run(minimizer) ||
           simplify_failure(minimizer) || simplify_operands(minimizer)) {
    }
}

/* Which calls of the program were skipped, and so change nothing. */
struct skipped {
    struct program *program;
    size_t kept;
};

static void keep_made_call(void *context, const struct lockstep_call *call)
{
    struct skipped *skipped = context;
    if (call->expected != NULL) {
        skipped->program->calls[skipped->kept++] = *call->source;
    }
}

/* Only what was made up to the divergence. */
static bool run_first(struct minimizer *minimizer)
{
    struct skipped skipped = {minimizer->candidate, 0};
    struct lockstep *lockstep = minimizer->lockstep;
    copy_program(minimizer->candidate, minimizer->program);
    lockstep->before = NULL;
    lockstep->after = keep_made_call;
    lockstep->watch_context = &skipped;
    bool found = diverges(minimizer, minimizer->program,
                          &minimizer->minimized->divergence);
    lockstep->after = NULL;
    minimizer->effort_of_run = minimizer->effort_of_last_run;
    if (found) {
        minimizer->candidate->call_count = skipped.kept;
        (void)try_candidate(minimizer);
    }
    return found;
}

bool minimize(struct lockstep *lockstep, struct program *program,
              uint64_t effort_limit, struct minimizer_room *room,
              struct minimized *minimized)
{
    struct minimizer minimizer = {
        .lockstep = lockstep,
        .program = program,
        .candidate = &room->candidate,
        .minimized = minimized,
        .effort_limit = effort_limit,
    };
    lockstep_watch before = lockstep->before;
    lockstep_watch after = lockstep->after;
    void *context = lockstep->watch_context;
    uint32_t period = lockstep->end_comparison_period;
    *minimized = (struct minimized){.complete = true};
    lockstep->end_comparison_period = 1;
    bool found = run_first(&minimizer);
    if (found) {
        search(&minimizer);
        minimized->complete = has_effort_left(&minimizer);
    }
    lockstep->before = before;
    lockstep->after = after;
    lockstep->watch_context = context;
    lockstep->end_comparison_period = period;
    return found;
}
