#include "fuzz/mutator.h"

#include "fuzz/draft.h"
#include "fuzz/growth.h"
#include "fuzz/interplay.h"
#include "fuzz/operand_draw.h"
#include "fuzz/table_allocations.h"

#include <assert.h>
#include <string.h>

/* Most calls that one mutation inserts, copies or removes. */
#define STRETCH 4

/* Most times that a call is repeated: mostly, and for the greatest limit that
 * anything counts to, the shares of a page. */
#define REPEATS      24
#define MANY_REPEATS (EL2_DEFAULT_SHARE_COUNT + 4)

/* One mutation in so many forgets the program that it is given: what a corpus
 * holds is one path to what it reaches, and each of its calls is paid for
 * again. */
#define ANEW_PERIOD 3

/* One in four programs of so many calls is forgotten for one that is drawn to
 * its first panic: nearly all that are much shorter, few that are longer. A
 * program tests one panic, so where a mistake is plain the shortest programs
 * find it with the fewest calls; a corpus that has got further is past it. */
#define PLAIN_CALLS 12

/* One program in so many that is made of nothing is of table primitives. */
#define TABLES_PERIOD 12

/* One program in so many is run without a table that it takes; of those drawn
 * without a guide one of the first few. */
#define TABLE_FAILURE_PERIOD 64
#define UNGUIDED_TABLES      16

/* Engines mutate one input at a time; a program is too large for the stack. */
static struct program program;
static struct program donor;

unsigned mutator_weight_even(uint32_t number,
                             const struct el2_call_description *description)
{
    (void)number;
    (void)description;
    return 1;
}

void mutator_create(struct mutator *mutator, mutator_weight weight)
{
    *mutator = (struct mutator){.guide_count = 0};
    for (uint32_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        const struct el2_call_description *description = &el2_calls[number];
        if (description->name == NULL) {
            continue;
        }
        bool of_tables = description->issuer == EL2_ISSUER_TABLES;
        struct mutator_urn *urn =
            &mutator->urns[of_tables ? EL2_RUN_TABLES : EL2_RUN_CONTRACTS];
        for (unsigned n = weight(number, description); n > 0; n--) {
            assert(urn->count < sizeof urn->numbers);
            urn->numbers[urn->count++] = (uint8_t)number;
        }
    }
}

static void insert_calls(struct draft *draft)
{
    struct random *random = &draft->random;
    size_t n = 1 + random_below(random, STRETCH);
    for (size_t i = 0; i < n; i++) {
        /* Mostly at the end: there the state is richest. */
        size_t at = random_one_in(random, 3)
                        ? random_below(random, program.call_count + 1)
                        : program.call_count;
        struct program_call call;
        draft_call(draft, &call);
        if (draft_open_gap(draft, at, 1)) {
            program.calls[at] = call;
        }
    }
}

static void change_operand(struct draft *draft)
{
    if (program.call_count == 0) {
        return;
    }
    struct program_call *call = draft_earlier_call(draft);
    const struct el2_call_description *description = &el2_calls[call->number];
    if (description->argument_count > 0) {
        uint32_t i =
            (uint32_t)random_below(&draft->random, description->argument_count);
        call->operands[i] =
            operand_draw(&draft->random, &program, draft->platform,
                         description->arguments[i].kind);
    }
}

static void remove_calls(size_t at, size_t n)
{
    memmove(&program.calls[at], &program.calls[at + n],
            (program.call_count - at - n) * sizeof program.calls[0]);
    program.call_count -= n;
}

static void delete_calls(struct draft *draft)
{
    if (program.call_count > 0) {
        size_t at = random_below(&draft->random, program.call_count);
        size_t n = 1 + random_below(&draft->random, STRETCH);
        size_t left = program.call_count - at;
        remove_calls(at, n < left ? n : left);
    }
}

/* Copy a stretch of calls to another place. */
static void duplicate_calls(struct draft *draft)
{
    struct program_call copy[STRETCH];
    if (program.call_count == 0) {
        return;
    }
    size_t from = random_below(&draft->random, program.call_count);
    size_t n = 1 + random_below(&draft->random, STRETCH);
    size_t left = program.call_count - from;
    n = n < left ? n : left;
    memcpy(copy, &program.calls[from], n * sizeof copy[0]);
    size_t at = random_below(&draft->random, program.call_count + 1);
    if (draft_open_gap(draft, at, n)) {
        memcpy(&program.calls[at], copy, n * sizeof copy[0]);
    }
}

/* The same call many times over: what counts has a limit. With a guide
 * limits_exhaust() knows when to stop. */
static void repeat_call(struct draft *draft)
{
    if (program.call_count == 0) {
        return;
    }
    size_t at = random_below(&draft->random, program.call_count);
    size_t n = 1 + random_below(&draft->random, random_one_in(&draft->random, 4)
                                                    ? MANY_REPEATS
                                                    : REPEATS);
    if (draft_open_gap(draft, at, n)) {
        for (size_t i = 0; i < n; i++) {
            program.calls[at + i] = program.calls[at + n];
        }
    }
}

static void swap_calls(struct draft *draft)
{
    if (program.call_count > 1) {
        size_t a = random_below(&draft->random, program.call_count);
        size_t b = random_below(&draft->random, program.call_count);
        struct program_call call = program.calls[a];
        program.calls[a] = program.calls[b];
        program.calls[b] = call;
    }
}

/* Another kind of run begins anew: none of the calls would be admitted. */
static void change_run(void)
{
    program.run =
        program.run == EL2_RUN_TABLES ? EL2_RUN_CONTRACTS : EL2_RUN_TABLES;
    program.call_count = 0;
}

static void mutate_once(struct draft *draft)
{
    uint64_t choice = random_below(&draft->random, 32);
    if (choice < 16) {
        insert_calls(draft);
    } else if (choice < 24) {
        change_operand(draft);
    } else if (choice < 27) {
        delete_calls(draft);
    } else if (choice < 28 && draft->guide == NULL) {
        repeat_call(draft);
    } else if (choice < 29) {
        duplicate_calls(draft);
    } else if (choice < 31) {
        swap_calls(draft);
    } else if (random_one_in(&draft->random, 8)) {
        change_run();
        insert_calls(draft);
    }
}

/* Once in a while one of the tables that the program takes is not there; the
 * guide has followed it. */
static void choose_failing_table(struct draft *draft)
{
    const struct guide *guide = draft->guide;
    uint64_t tables = UNGUIDED_TABLES;
    program.failing_table = 0;
    if (!random_one_in(&draft->random, TABLE_FAILURE_PERIOD)) {
        return;
    }
    if (guide != NULL) {
        tables =
            table_allocations_since_reset(guide->machine, &guide->platform);
    }
    if (tables > 0 && tables <= UINT16_MAX) {
        program.failing_table =
            (uint16_t)(1 + random_below(&draft->random, tables));
    }
}

/* The program's bytes, without as many calls at its end as do not fit. */
static size_t encode(uint8_t *bytes, size_t max_size)
{
    size_t size = program_encode(&program, bytes, max_size);
    while (size > max_size && program.call_count > 0) {
        program.call_count -= program.call_count / 8 + 1;
        size = program_encode(&program, bytes, max_size);
    }
    return size;
}

/* The program as a draft, which looks where it is at home. */
static struct draft begin(const struct mutator *mutator, uint32_t seed)
{
    struct guide *guide = NULL;
    for (size_t i = mutator->guide_count; i-- > 0;) {
        guide = &mutator->guides[i];
        if (strcmp(guide->platform.name, program.platform) == 0) {
            break;
        }
    }
    return (struct draft){
        .program = &program,
        .mutator = mutator,
        .guide = mutator->is_blind ? NULL : guide,
        .platform = guide != NULL ? &guide->platform : NULL,
        .random = random_from(seed),
    };
}

/* A few mutations that look nowhere, and then what is left of them. */
static void mutate_blindly(struct draft *draft)
{
    for (uint64_t n = 1 + random_below(&draft->random, 3); n > 0; n--) {
        mutate_once(draft);
    }
    if (draft->guide != NULL) {
        growth_tidy(draft);
    }
}

static void choose_run(struct random *random)
{
    program.run = random_one_in(random, TABLES_PERIOD) ? EL2_RUN_TABLES
                                                       : EL2_RUN_CONTRACTS;
}

/* With what probability, see PLAIN_CALLS. */
static bool is_short(struct random *random, size_t calls)
{
    for (int i = 0; i < 2; i++) {
        if (random_below(random, PLAIN_CALLS + calls) >= PLAIN_CALLS) {
            return false;
        }
    }
    return true;
}

static void mutate_with_guide(struct draft *draft)
{
    struct random *random = &draft->random;
    uint64_t choice = random_below(random, 16);
    if (is_short(random, program.call_count)) {
        choose_run(random);
        growth_draw_to_panic(draft);
    } else if (random_one_in(random, ANEW_PERIOD)) {
        choose_run(random);
        growth_start_anew(draft);
    } else if (choice < 4) {
        mutate_blindly(draft);
    } else if (choice < 12) {
        growth_grow(draft);
    } else if (choice < 14) {
        interplay_disturb(draft);
    } else {
        interplay_bend(draft);
    }
}

size_t mutator_mutate(const struct mutator *mutator, uint8_t *bytes,
                      size_t size, size_t max_size, uint32_t seed)
{
    if (max_size < PROGRAM_HEADER_BYTES_LIMIT) {
        return size;
    }
    program_decode(bytes, size, &program);
    struct draft draft = begin(mutator, seed);
    if (draft.guide == NULL) {
        mutate_blindly(&draft);
    } else {
        mutate_with_guide(&draft);
    }
    choose_failing_table(&draft);
    return encode(bytes, max_size);
}

size_t mutator_cross_over(const struct mutator *mutator, const uint8_t *first,
                          size_t first_size, const uint8_t *second,
                          size_t second_size, uint8_t *out, size_t max_size,
                          uint32_t seed)
{
    if (max_size < PROGRAM_HEADER_BYTES_LIMIT) {
        return 0;
    }
    program_decode(first, first_size, &program);
    program_decode(second, second_size, &donor);
    struct draft draft = begin(mutator, seed);
    if (program.run == donor.run && donor.call_count > 0) {
        size_t kept = random_below(&draft.random, program.call_count + 1);
        size_t from = random_below(&draft.random, donor.call_count);
        size_t n = 1 + random_below(&draft.random, donor.call_count - from);
        size_t room = PROGRAM_CALL_LIMIT - kept;
        n = n < room ? n : room;
        memcpy(&program.calls[kept], &donor.calls[from],
               n * sizeof donor.calls[0]);
        program.call_count = kept + n;
    }
    if (draft.guide != NULL && program.call_count > 0) {
        growth_tidy(&draft);
    } else if (draft.guide != NULL) {
        growth_start_anew(&draft);
    }
    choose_failing_table(&draft);
    return encode(out, max_size);
}
