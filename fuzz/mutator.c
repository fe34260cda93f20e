#include "fuzz/mutator.h"

#include "fuzz/operand_draw.h"
#include "fuzz/program.h"

#include <assert.h>
#include <string.h>

/* Most calls that one mutation inserts, copies or removes. */
#define STRETCH 4

/* Earlier calls looked at for one that a new call goes on from. */
#define CONTEXTS 4

/* Draws until a call is taken although it is left out: all may be. */
#define SWARM_TRIES 8

/* Most times that a call is repeated: mostly, and for the greatest limit that
 * anything counts to, the shares of a page. */
#define REPEATS      24
#define MANY_REPEATS (EL2_DEFAULT_SHARE_COUNT + 4)

/* Most calls that a program grows by at its end. */
#define GROWTH 32

/* Calls drawn for each place at the end, until one is good. */
#define TRIES 16

/* Engines mutate one input at a time; a program is too large for the stack. */
static struct program program;
static struct program donor;

/* Calls, bit for number, that a stretch of a program goes without: what is
 * drawn less often crowds out nothing then (swarm testing). */
static uint64_t left_out[EL2_CALL_NUMBER_LIMIT / 64];

/* Make room for n calls at a place; false when the program is full. */
static bool open_gap(size_t at, size_t n)
{
    if (program.call_count + n > PROGRAM_CALL_LIMIT) {
        return false;
    }
    memmove(&program.calls[at + n], &program.calls[at],
            (program.call_count - at) * sizeof program.calls[0]);
    program.call_count += n;
    return true;
}

static void remove_calls(size_t at, size_t n)
{
    memmove(&program.calls[at], &program.calls[at + n],
            (program.call_count - at - n) * sizeof program.calls[0]);
    program.call_count -= n;
}

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

static uint32_t draw_number(const struct mutator *mutator,
                            struct random *random)
{
    const struct mutator_urn *urn = &mutator->urns[program.run];
    uint32_t number = 0;
    for (unsigned i = 0; i < SWARM_TRIES; i++) {
        number = urn->numbers[random_below(random, urn->count)];
        if ((left_out[number / 64] >> (number % 64) & 1) == 0) {
            break;
        }
    }
    return number;
}

/* How many of a call's arguments another call has too. */
static uint32_t common_kinds(const struct el2_call_description *a,
                             const struct el2_call_description *b)
{
    uint32_t common = 0;
    for (uint32_t i = 0; i < a->argument_count; i++) {
        for (uint32_t k = 0; k < b->argument_count; k++) {
            common += a->arguments[i].kind == b->arguments[k].kind;
        }
    }
    return common;
}

/* Of a few earlier calls the one with most in common with a call like this;
 * NULL when there is none. */
static const struct program_call *
draw_earlier(struct random *random,
             const struct el2_call_description *description)
{
    const struct program_call *best = NULL;
    uint32_t most = 0;
    for (unsigned i = 0; i < CONTEXTS && program.call_count > 0; i++) {
        const struct program_call *call =
            &program.calls[random_below(random, program.call_count)];
        uint32_t common = common_kinds(description, &el2_calls[call->number]);
        if (best == NULL || common > most) {
            best = call;
            most = common;
        }
    }
    return best;
}

/* Mostly the call is about what one earlier call was about: this bank and this
 * address in it, this VM and this page. */
static void draw_call(const struct mutator *mutator, struct random *random,
                      struct program_call *call)
{
    call->number = draw_number(mutator, random);
    const struct el2_call_description *description = &el2_calls[call->number];
    const struct program_call *earlier =
        random_one_in(random, 4) ? NULL : draw_earlier(random, description);
    for (uint32_t i = 0; i < description->argument_count; i++) {
        enum el2_argument_kind kind = description->arguments[i].kind;
        if (earlier == NULL || random_one_in(random, 6) ||
            !operand_follow(random, earlier, kind, &call->operands[i])) {
            call->operands[i] = operand_draw(random, &program, kind);
        }
    }
    operand_relate(random, call);
}

static void insert_calls(const struct mutator *mutator, struct random *random)
{
    size_t n = 1 + random_below(random, STRETCH);
    for (size_t i = 0; i < n; i++) {
        /* Mostly at the end: there the state is richest. */
        size_t at = random_one_in(random, 3)
                        ? random_below(random, program.call_count + 1)
                        : program.call_count;
        struct program_call call;
        draw_call(mutator, random, &call);
        if (open_gap(at, 1)) {
            program.calls[at] = call;
        }
    }
}

/* The guide for the program's platform, or NULL. */
static struct guide *find_guide(const struct mutator *mutator)
{
    for (size_t i = 0; i < mutator->guide_count; i++) {
        if (strcmp(mutator->guides[i].platform.name, program.platform) == 0) {
            return &mutator->guides[i];
        }
    }
    return mutator->guide_count > 0 ? &mutator->guides[0] : NULL;
}

/* Take out the calls that would never be made, and half of those that do
 * nothing where they stand now. */
static void tidy(struct random *random, struct guide *guide)
{
    size_t kept = 0;
    enum guide_verdict verdict = GUIDE_CHANGES;
    guide_begin(guide);
    for (size_t i = 0; i < program.call_count && verdict != GUIDE_PANICS; i++) {
        verdict = guide_try(guide, program.run, &program.calls[i]);
        bool is_idle = verdict == GUIDE_IDLE || verdict == GUIDE_SKIPPED;
        if (!is_idle || random_one_in(random, 2)) {
            program.calls[kept++] = program.calls[i];
        }
    }
    program.call_count = kept;
}

/*
 * A call that goes on from where the program leads. Mostly one that changes
 * something; when none of a few is like that, or once in a while, whatever
 * comes, so that every way to fail is gone too. False when that ends the
 * program.
 */
static bool grow_by_one(const struct mutator *mutator, struct random *random,
                        struct guide *guide)
{
    struct program_call *call = &program.calls[program.call_count];
    bool takes_any = random_one_in(random, 40);
    enum guide_verdict verdict = GUIDE_PANICS;
    for (unsigned i = 0; i < TRIES; i++) {
        draw_call(mutator, random, call);
        if (takes_any && random_one_in(random, 3)) {
            operand_spoil(random, call);
        }
        verdict = guide_try(guide, program.run, call);
        takes_any |= verdict == GUIDE_IDLE && random_one_in(random, 8);
        if (verdict == GUIDE_CHANGES || takes_any) {
            break;
        }
        if (verdict == GUIDE_IDLE) {
            guide_undo(guide);
        }
    }
    if (verdict == GUIDE_SKIPPED || (verdict != GUIDE_CHANGES && !takes_any)) {
        return true;
    }
    program.call_count++;
    return verdict != GUIDE_PANICS;
}

/* What is refused is refused in a rich state too: a last call that panics, now
 * and then, costs the program nothing. */
static void end_with_panic(const struct mutator *mutator, struct random *random,
                           struct guide *guide)
{
    struct program_call *call = &program.calls[program.call_count];
    for (unsigned i = 0; i < TRIES; i++) {
        draw_call(mutator, random, call);
        if (random_one_in(random, 2)) {
            operand_spoil(random, call);
        }
        enum guide_verdict verdict = guide_try(guide, program.run, call);
        if (verdict == GUIDE_PANICS) {
            program.call_count++;
            return;
        }
        if (verdict != GUIDE_SKIPPED) {
            guide_undo(guide);
        }
    }
}

/* Leave out half of the calls, or none. */
static void choose_swarm(struct random *random)
{
    bool is_swarm = random_one_in(random, 2);
    for (size_t i = 0; i < EL2_CALL_NUMBER_LIMIT / 64; i++) {
        left_out[i] = is_swarm ? random_next(random) : 0;
    }
}

static void grow(const struct mutator *mutator, struct random *random,
                 struct guide *guide)
{
    program.call_count = guide_follow(guide, &program);
    choose_swarm(random);
    size_t n = 1 + random_below(random, GROWTH);
    for (size_t i = 0; i < n && program.call_count < PROGRAM_CALL_LIMIT; i++) {
        if (!grow_by_one(mutator, random, guide)) {
            return;
        }
    }
    if (program.call_count < PROGRAM_CALL_LIMIT && random_one_in(random, 3)) {
        end_with_panic(mutator, random, guide);
    }
}

static void change_operand(struct random *random)
{
    if (program.call_count == 0) {
        return;
    }
    struct program_call *call =
        &program.calls[random_below(random, program.call_count)];
    const struct el2_call_description *description = &el2_calls[call->number];
    if (description->argument_count > 0) {
        uint32_t i =
            (uint32_t)random_below(random, description->argument_count);
        call->operands[i] =
            operand_draw(random, &program, description->arguments[i].kind);
    }
}

static void delete_calls(struct random *random)
{
    if (program.call_count > 0) {
        size_t at = random_below(random, program.call_count);
        size_t n = 1 + random_below(random, STRETCH);
        size_t left = program.call_count - at;
        remove_calls(at, n < left ? n : left);
    }
}

/* Copy a stretch of calls to another place. */
static void duplicate_calls(struct random *random)
{
    struct program_call copy[STRETCH];
    if (program.call_count == 0) {
        return;
    }
    size_t from = random_below(random, program.call_count);
    size_t n = 1 + random_below(random, STRETCH);
    size_t left = program.call_count - from;
    n = n < left ? n : left;
    memcpy(copy, &program.calls[from], n * sizeof copy[0]);
    size_t at = random_below(random, program.call_count + 1);
    if (open_gap(at, n)) {
        memcpy(&program.calls[at], copy, n * sizeof copy[0]);
    }
}

/* The same call many times over: what counts has a limit. */
static void repeat_call(struct random *random)
{
    if (program.call_count == 0) {
        return;
    }
    size_t at = random_below(random, program.call_count);
    size_t n = 1 + random_below(random, random_one_in(random, 4) ? MANY_REPEATS
                                                                 : REPEATS);
    if (open_gap(at, n)) {
        for (size_t i = 0; i < n; i++) {
            program.calls[at + i] = program.calls[at + n];
        }
    }
}

static void swap_calls(struct random *random)
{
    if (program.call_count > 1) {
        size_t a = random_below(random, program.call_count);
        size_t b = random_below(random, program.call_count);
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

static void mutate_once(const struct mutator *mutator, struct random *random)
{
    uint64_t choice = random_below(random, 32);
    if (choice < 16) {
        insert_calls(mutator, random);
    } else if (choice < 24) {
        change_operand(random);
    } else if (choice < 27) {
        delete_calls(random);
    } else if (choice < 28) {
        repeat_call(random);
    } else if (choice < 29) {
        duplicate_calls(random);
    } else if (choice < 31) {
        swap_calls(random);
    } else if (random_one_in(random, 8)) {
        change_run();
        insert_calls(mutator, random);
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

size_t mutator_mutate(const struct mutator *mutator, uint8_t *bytes,
                      size_t size, size_t max_size, uint32_t seed)
{
    if (max_size < PROGRAM_HEADER_BYTES) {
        return size;
    }
    struct random random = random_from(seed);
    program_decode(bytes, size, &program);
    memset(left_out, 0, sizeof left_out);
    struct guide *guide = find_guide(mutator);
    if (guide != NULL && random_one_in(&random, 2)) {
        grow(mutator, &random, guide);
        return encode(bytes, max_size);
    }
    size_t n = 1 + random_below(&random, 3);
    for (size_t i = 0; i < n; i++) {
        mutate_once(mutator, &random);
    }
    if (guide != NULL) {
        tidy(&random, guide);
    }
    return encode(bytes, max_size);
}

size_t mutator_cross_over(const struct mutator *mutator, const uint8_t *first,
                          size_t first_size, const uint8_t *second,
                          size_t second_size, uint8_t *out, size_t max_size,
                          uint32_t seed)
{
    if (max_size < PROGRAM_HEADER_BYTES) {
        return 0;
    }
    struct random random = random_from(seed);
    program_decode(first, first_size, &program);
    program_decode(second, second_size, &donor);
    if (program.run == donor.run && donor.call_count > 0) {
        size_t kept = random_below(&random, program.call_count + 1);
        size_t from = random_below(&random, donor.call_count);
        size_t n = 1 + random_below(&random, donor.call_count - from);
        size_t room = PROGRAM_CALL_LIMIT - kept;
        n = n < room ? n : room;
        memcpy(&program.calls[kept], &donor.calls[from],
               n * sizeof donor.calls[0]);
        program.call_count = kept + n;
    }
    struct guide *guide = find_guide(mutator);
    if (guide != NULL) {
        tidy(&random, guide);
    }
    return encode(out, max_size);
}
