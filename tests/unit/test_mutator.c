/* Mutation of programs: what comes out is a program, fits, and is decided by
 * what went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/guide.h"
#include "fuzz/mutator.h"
#include "fuzz/operand_draw.h"
#include "fuzz/program.h"

#include <string.h>

#define ROUNDS 20000
#define SPACE  4096
#define GUARD  64

static struct program program;
static struct mutator mutator;
static struct guide guide;

static void create_guide(void)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    assert_true(guide_create(&guide, &platform, &reason));
}

static int without_guide(void **state)
{
    (void)state;
    mutator_create(&mutator, mutator_weight_even);
    return 0;
}

static int with_guide(void **state)
{
    create_guide();
    without_guide(state);
    mutator.guides = &guide;
    mutator.guide_count = 1;
    return 0;
}

static int end_guide(void **state)
{
    (void)state;
    guide_destroy(&guide);
    return 0;
}

static size_t random_bytes(struct random *random, uint8_t *bytes, size_t limit)
{
    size_t size = random_below(random, limit);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_next(random);
    }
    return size;
}

/* The size fits, nothing behind it was written, and decoding is lossless. */
static void check_output(const uint8_t *bytes, size_t size, size_t max_size)
{
    static uint8_t again[SPACE];
    assert_in_range(size, 0, max_size);
    for (size_t i = max_size; i < max_size + GUARD; i++) {
        assert_int_equal(bytes[i], 0xa5);
    }
    program_decode(bytes, size, &program);
    assert_int_equal(program_encode(&program, again, sizeof again), size);
    assert_memory_equal(bytes, again, size);
}

static void mutations_of_anything_are_programs(void **state)
{
    (void)state;
    static uint8_t bytes[SPACE + GUARD];
    static uint8_t twin[SPACE + GUARD];
    struct random random = random_from(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t seed = (uint32_t)random_next(&random);
        size_t max_size =
            PROGRAM_HEADER_BYTES_LIMIT +
            random_below(&random, SPACE - PROGRAM_HEADER_BYTES_LIMIT);
        memset(bytes, 0xa5, sizeof bytes);
        size_t limit = max_size < 600 ? max_size : 600;
        size_t size = random_bytes(&random, bytes, limit);
        memset(bytes + max_size, 0xa5, GUARD);
        memcpy(twin, bytes, sizeof bytes);
        size_t after = mutator_mutate(&mutator, bytes, size, max_size, seed);
        check_output(bytes, after, max_size);
        assert_int_equal(mutator_mutate(&mutator, twin, size, max_size, seed),
                         after);
        assert_memory_equal(bytes, twin, after);
    }
}

static void no_room_changes_nothing(void **state)
{
    (void)state;
    uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t same[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(
        mutator_mutate(&mutator, bytes, 8, PROGRAM_HEADER_BYTES_LIMIT - 1, 3),
        8);
    assert_memory_equal(bytes, same, 8);
    assert_int_equal(
        mutator_cross_over(&mutator, same, 8, same, 8, bytes, 8, 3), 0);
}

static void programs_grow_and_call_everything(void **state)
{
    (void)state;
    static uint8_t bytes[SPACE + GUARD];
    bool called[EL2_CALL_NUMBER_LIMIT] = {false};
    bool bases[4] = {false};
    struct random random = random_from(2);
    size_t size = 0;
    size_t longest = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        size = mutator_mutate(&mutator, bytes, size, SPACE,
                              (uint32_t)random_next(&random));
        program_decode(bytes, size, &program);
        longest = program.call_count > longest ? program.call_count : longest;
        for (size_t c = 0; c < program.call_count; c++) {
            const struct program_call *call = &program.calls[c];
            called[call->number] = true;
            for (uint32_t a = 0; a < el2_calls[call->number].argument_count;
                 a++) {
                bases[call->operands[a].base] = true;
            }
        }
        if (program.call_count > 60) {
            size = 0;
        }
    }
    assert_in_range(longest, 20, PROGRAM_CALL_LIMIT);
    for (uint32_t number = 0; number < EL2_CALL_NUMBER_LIMIT; number++) {
        assert_int_equal(called[number], el2_calls[number].name != NULL);
    }
    for (size_t base = 0; base < 4; base++) {
        assert_true(bases[base]);
    }
}

static void crossing_keeps_a_beginning(void **state)
{
    (void)state;
    static uint8_t first[600];
    static uint8_t second[600];
    static uint8_t out[SPACE + GUARD];
    static struct program parent;
    struct random random = random_from(3);
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t first_size = random_bytes(&random, first, sizeof first);
        size_t second_size = random_bytes(&random, second, sizeof second);
        memset(out, 0xa5, sizeof out);
        size_t size =
            mutator_cross_over(&mutator, first, first_size, second, second_size,
                               out, SPACE, (uint32_t)random_next(&random));
        check_output(out, size, SPACE);
        program_decode(first, first_size, &parent);
        assert_string_equal(program.platform, parent.platform);
        assert_int_equal(program.run, parent.run);
    }
}

/* With a guide most calls do something, and no call follows a panic. */
static void guided_programs_go_deep(void **state)
{
    (void)state;
    static uint8_t bytes[SPACE + GUARD];
    struct random random = random_from(4);
    size_t size = 0;
    size_t calls = 0;
    size_t changing = 0;
    size_t panics = 0;
    for (unsigned i = 0; i < ROUNDS / 20; i++) {
        size = mutator_mutate(&mutator, bytes, size, SPACE,
                              (uint32_t)random_next(&random));
        program_decode(bytes, size, &program);
        size_t good = guide_follow(&guide, &program);
        assert_in_range(program.call_count - good, 0, 1);
        panics += program.call_count - good;
        guide.machine->operations->reset(guide.machine);
        for (size_t c = 0; c < good; c++) {
            calls++;
            changing += guide_try(&guide, program.run, &program.calls[c]) ==
                        GUIDE_CHANGES;
        }
        if (program.call_count > 60) {
            size = 0;
        }
    }
    assert_in_range(changing * 100 / calls, 75, 100);
    assert_in_range(panics, 10, ROUNDS / 20);
}

/* From nothing come short programs, which end where they panic. */
static void programs_from_nothing_are_short(void **state)
{
    (void)state;
    static uint8_t bytes[SPACE + GUARD];
    struct random random = random_from(5);
    size_t calls = 0;
    size_t panics = 0;
    for (unsigned i = 0; i < 100; i++) {
        size_t size = mutator_mutate(&mutator, bytes, 0, SPACE,
                                     (uint32_t)random_next(&random));
        program_decode(bytes, size, &program);
        calls += program.call_count;
        panics += guide_follow(&guide, &program) < program.call_count;
    }
    assert_in_range(calls, 200, 1600);
    assert_in_range(panics, 60, 100);
}

/* Some VMs have an image when they are verified, and some of these images lie
 * in two blocks. */
static void verified_vms_have_images(void **state)
{
    (void)state;
    static uint8_t bytes[SPACE];
    struct random random = random_from(6);
    size_t verified = 0;
    size_t with_block = 0;
    size_t with_two = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t size = mutator_mutate(&mutator, bytes, 0, SPACE,
                                     (uint32_t)random_next(&random));
        size = mutator_mutate(&mutator, bytes, size, SPACE,
                              (uint32_t)random_next(&random));
        program_decode(bytes, size, &program);
        guide_begin(&guide);
        for (size_t c = 0; c < program.call_count; c++) {
            const struct program_call *call = &program.calls[c];
            if (guide_try(&guide, program.run, call) == GUIDE_CHANGES &&
                call->number == EL2_CALL_verify_vm_image) {
                verified++;
                with_block += guide.changed > EL2_PAGES_PER_BLOCK;
                with_two += guide.changed > 2 * EL2_PAGES_PER_BLOCK;
            }
        }
    }
    assert_in_range(with_block * 100 / verified, 2, 100);
    assert_in_range(with_two * 100 / verified, 1, 100);
}

/* What is taken back leaves no trace: the next call sees the same state. */
static void guide_takes_back(void **state)
{
    (void)state;
    const struct program_call registers = {EL2_CALL_register_kvm, {{0, 0}}};
    const struct program_call panics = {EL2_CALL_smmu_alloc_pgd,
                                        {{0, 9}, {0, 0}, {0, 0}}};
    program.call_count = 0;
    assert_int_equal(guide_follow(&guide, &program), 0);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(guide_try(&guide, EL2_RUN_CONTRACTS, &registers),
                         GUIDE_CHANGES);
        assert_int_equal(guide_try(&guide, EL2_RUN_TABLES, &registers),
                         GUIDE_SKIPPED);
        guide_undo(&guide);
        assert_int_equal(guide_try(&guide, EL2_RUN_CONTRACTS, &panics),
                         GUIDE_PANICS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(mutations_of_anything_are_programs,
                               without_guide),
        cmocka_unit_test_setup(no_room_changes_nothing, without_guide),
        cmocka_unit_test_setup(programs_grow_and_call_everything,
                               without_guide),
        cmocka_unit_test_setup(crossing_keeps_a_beginning, without_guide),
        cmocka_unit_test_setup_teardown(mutations_of_anything_are_programs,
                                        with_guide, end_guide),
        cmocka_unit_test_setup_teardown(crossing_keeps_a_beginning, with_guide,
                                        end_guide),
        cmocka_unit_test_setup_teardown(guided_programs_go_deep, with_guide,
                                        end_guide),
        cmocka_unit_test_setup_teardown(verified_vms_have_images, with_guide,
                                        end_guide),
        cmocka_unit_test_setup_teardown(programs_from_nothing_are_short,
                                        with_guide, end_guide),
        cmocka_unit_test_setup_teardown(guide_takes_back, with_guide,
                                        end_guide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
