#include "fuzz/mutator.h"

#include "fuzz/operand_draw.h"
#include "fuzz/program.h"

#include <string.h>

/* Most calls that one mutation inserts, copies or removes. */
#define STRETCH 4

/* Engines mutate one input at a time; a program is too large for the stack. */
static struct program program;
static struct program donor;

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

/* A call of the kind that the program's run admits. */
static uint32_t draw_number(struct random *random)
{
    for (;;) {
        uint32_t number = (uint32_t)random_below(random, EL2_CALL_NUMBER_LIMIT);
        const struct el2_call_description *description = &el2_calls[number];
        if (description->name != NULL &&
            (description->issuer == EL2_ISSUER_TABLES) ==
                (program.run == EL2_RUN_TABLES)) {
            return number;
        }
    }
}

static void draw_call(struct random *random, struct program_call *call)
{
    call->number = draw_number(random);
    const struct el2_call_description *description = &el2_calls[call->number];
    for (uint32_t i = 0; i < description->argument_count; i++) {
        call->operands[i] =
            operand_draw(random, &program, description->arguments[i].kind);
    }
}

static void insert_calls(struct random *random)
{
    size_t n = 1 + random_below(random, STRETCH);
    for (size_t i = 0; i < n; i++) {
        /* Mostly at the end: there the state is richest. */
        size_t at = random_one_in(random, 3)
                        ? random_below(random, program.call_count + 1)
                        : program.call_count;
        struct program_call call;
        draw_call(random, &call);
        if (open_gap(at, 1)) {
            program.calls[at] = call;
        }
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

static void mutate_once(struct random *random)
{
    uint64_t choice = random_below(random, 32);
    if (choice < 16) {
        insert_calls(random);
    } else if (choice < 24) {
        change_operand(random);
    } else if (choice < 27) {
        delete_calls(random);
    } else if (choice < 29) {
        duplicate_calls(random);
    } else if (choice < 31) {
        swap_calls(random);
    } else if (random_one_in(random, 8)) {
        change_run();
        insert_calls(random);
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

size_t mutator_mutate(uint8_t *bytes, size_t size, size_t max_size,
                      uint32_t seed)
{
    if (max_size < PROGRAM_HEADER_BYTES) {
        return size;
    }
    struct random random = random_from(seed);
    program_decode(bytes, size, &program);
    size_t n = 1 + random_below(&random, 3);
    for (size_t i = 0; i < n; i++) {
        mutate_once(&random);
    }
    return encode(bytes, max_size);
}

size_t mutator_cross_over(const uint8_t *first, size_t first_size,
                          const uint8_t *second, size_t second_size,
                          uint8_t *out, size_t max_size, uint32_t seed)
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
    return encode(out, max_size);
}
