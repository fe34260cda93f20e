/* Vectors on the specification: it passes, and what is recorded of it does. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void check_on_model(const struct vector *vector)
{
    struct vector_mismatch mismatch;
    size_t steps;
    struct el2_machine *machine = model(&vector->platform);
    enum vector_verdict verdict =
        vector_check(machine, vector, &mismatch, &steps);
    if (verdict == VECTOR_MISMATCH) {
        char text[VECTOR_TEXT_SIZE];
        vector_describe(vector, &mismatch, text, sizeof(text));
        fail_msg("%s", text);
    }
    assert_int_equal(verdict, VECTOR_SAME);
    assert_int_equal(steps, vector->step_count);
    machine->operations->destroy(machine);
}

static void the_model_does_what_is_written_by_hand(void **state)
{
    (void)state;
    struct vector vector;
    read_good(by_hand, &vector);
    check_on_model(&vector);
    vector_destroy(&vector);
}

/* Both vectors say the same: platform, calls, results and changes. */
static void assert_same_vector(const struct vector *a, const struct vector *b)
{
    assert_memory_equal(&a->platform, &b->platform, sizeof(a->platform));
    assert_int_equal(a->step_count, b->step_count);
    assert_int_equal(a->changes.count, b->changes.count);
    for (size_t i = 0; i < a->step_count; i++) {
        const struct vector_step *left = &a->steps[i];
        const struct vector_step *right = &b->steps[i];
        assert_int_equal(left->call.number, right->call.number);
        assert_memory_equal(left->call.arguments, right->call.arguments,
                            sizeof(left->call.arguments));
        assert_int_equal(left->panics, right->panics);
        assert_int_equal(left->access, right->access);
        assert_int_equal(left->has_result, right->has_result);
        assert_true(left->result == right->result);
        assert_int_equal(left->first_change, right->first_change);
        assert_int_equal(left->change_count, right->change_count);
    }
    for (size_t i = 0; i < a->changes.count; i++) {
        assert_true(a->changes.at[i].cell == b->changes.at[i].cell);
        assert_true(
            el2_value_equal(a->changes.at[i].value, b->changes.at[i].value));
    }
}

/* A run of the calls of `vector` on this machine, as JSON; the caller frees
 * it. */
static char *record(struct el2_machine *machine, const struct vector *vector)
{
    char *text = NULL;
    size_t size = 0;
    char why[VECTOR_TEXT_SIZE] = "";
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    machine->operations->reset(machine);
    struct vector_recorder *recorder =
        vector_record_begin(machine, &vector->platform, "copy");
    assert_non_null(recorder);
    for (size_t i = 0; i < vector->step_count; i++) {
        struct el2_step step;
        machine->operations->step(machine, &vector->steps[i].call, &step);
        vector_record_step(recorder, &vector->steps[i].call, &step);
    }
    if (!vector_record_end(recorder, stream, why, sizeof(why))) {
        fail_msg("%s", why);
    }
    fclose(stream);
    assert_true(size > 0 && text[size - 1] == '\n');
    assert_ptr_equal(strchr(text, '\n'), text + size - 1);
    return text;
}

static void a_record_says_what_the_vector_said(const struct vector *vector)
{
    struct el2_machine *machine = model(&vector->platform);
    char *text = record(machine, vector);
    struct vector copy;
    text[strlen(text) - 1] = '\0';
    read_good(text, &copy);
    assert_string_equal(copy.id, "copy");
    assert_same_vector(vector, &copy);
    check_on_model(&copy);
    vector_destroy(&copy);
    free(text);
    machine->operations->destroy(machine);
}

/* Every third vector of a file. */
static void records_of_file_pass(const char *name)
{
    struct vector vector;
    char *line = NULL;
    size_t size = 0;
    size_t number = 0;
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    for (ssize_t n; (n = getline(&line, &size, file)) > 0; number++) {
        if (number % 3 == 0) {
            line[n - 1] = '\0';
            read_good(line, &vector);
            a_record_says_what_the_vector_said(&vector);
            vector_destroy(&vector);
        }
    }
    assert_int_equal(number, 300);
    free(line);
    fclose(file);
}

static void records_pass(void **state)
{
    (void)state;
    struct vector vector;
    read_good(by_hand, &vector);
    a_record_says_what_the_vector_said(&vector);
    vector_destroy(&vector);
    records_of_file_pass(PAGES);
    records_of_file_pass(HYPERCALLS);
    records_of_file_pass(EDGES);
}

/* Two blocks side by side that map the same pages are two runs. */
static void runs_are_recorded_compressed(void **state)
{
    (void)state;
    struct vector vector;
    read_good(VECTOR(STEP("map_s2pt",
                          "\"vmid\":7,\"addr\":\"0x200000\","
                          "\"pte\":\"0x80200ffd\",\"level\":2",
                          OK("")) "," STEP("prot_and_map_vm_s2pt",
                                           "\"vmid\":7,\"addr\":\"0x400000\","
                                           "\"pte\":\"0x80200ffd\",\"level\":2",
                                           OK(""))),
              &vector);
    struct el2_machine *machine = model(&vector.platform);
    char *text = record(machine, &vector);
    assert_non_null(strstr(text, "\"npt\":{\"7\":[{\"gfn\":\"0x200\","
                                 "\"n\":512,\"pfn\":\"0x80200\",\"level\":2,"
                                 "\"desc\":\"0x80200ffd\"}]}"));
    assert_non_null(strstr(text, "\"page\":[{\"pfn\":\"0x80200\",\"n\":512,"
                                 "\"owner\":7,\"count\":0,"
                                 "\"gfn\":\"0x400\"}]"));
    free(text);
    machine->operations->destroy(machine);
    vector_destroy(&vector);
}

/* One step on a fake machine that changes adjacent blocks at once. */
static void blocks_that_map_the_same_pages_are_two_runs(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    struct el2_platform platform;
    struct el2_step step = {.panicked = false};
    struct el2_call call = {EL2_CALL_vm_poweroff, {7}};
    char *text = NULL;
    size_t size = 0;
    char why[VECTOR_TEXT_SIZE];
    el2_platform_defaults(&platform);
    for (size_t i = 0; i < 2; i++) {
        el2_cell cell = KIND(NPT) | ID(7) | (511 + i);
        uint64_t pfn = 0x801ff;
        fake.cells[i] =
            (struct fake_cell){cell, {{0}}, {{0x80000ffd, (pfn + i) << 8 | 2}}};
        fake.touched[i] = cell;
    }
    fake.cell_count = 2;
    fake.touched_count = 2;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    struct vector_recorder *recorder =
        vector_record_begin(&fake.machine, &platform, "x");
    assert_non_null(recorder);
    vector_record_step(recorder, &call, &step);
    assert_true(vector_record_end(recorder, stream, why, sizeof(why)));
    fclose(stream);
    assert_non_null(strstr(text, "{\"gfn\":\"0x1ff\",\"n\":1,"));
    assert_non_null(strstr(text, "{\"gfn\":\"0x200\",\"n\":1,"));
    free(text);
}

/* Pages beside each other that differ in count, and a register that is no
 * plain number. */
static void what_differs_is_recorded_apart(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    struct el2_platform platform;
    struct el2_step step = {.has_result = true, .result = UINT64_MAX};
    struct el2_call call = {EL2_CALL_smmu_alloc_pgd, {1, UINT64_C(1) << 40, 0}};
    char *text = NULL;
    size_t size = 0;
    char why[VECTOR_TEXT_SIZE];
    el2_platform_defaults(&platform);
    for (size_t i = 0; i < 3; i++) {
        el2_cell cell = KIND(PAGE) | (0x80100 + i);
        fake.cells[i] = (struct fake_cell){
            cell, {{0}}, el2_value_page(7, i == 2, 0x200 + i)};
        fake.touched[i] = cell;
    }
    fake.cell_count = 3;
    fake.touched_count = 3;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    struct vector_recorder *recorder =
        vector_record_begin(&fake.machine, &platform, "x");
    assert_non_null(recorder);
    vector_record_step(recorder, &call, &step);
    assert_true(vector_record_end(recorder, stream, why, sizeof(why)));
    fclose(stream);
    assert_non_null(strstr(text,
                           "\"args\":{\"cbndx\":1,\"vmid\":\"0x10000000000\","
                           "\"index\":0}"));
    assert_non_null(strstr(text, "\"ret\":\"0xffffffffffffffff\""));
    assert_non_null(strstr(text, "{\"pfn\":\"0x80100\",\"n\":2,"));
    assert_non_null(strstr(text, "{\"pfn\":\"0x80102\",\"n\":1,"));
    free(text);
}

/* Cells of one VM stand together, whatever their kinds, and those of two
 * apart. */
static void vms_are_recorded_one_by_one(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    struct el2_platform platform;
    struct el2_step step = {.panicked = false};
    struct el2_call call = {EL2_CALL_vm_poweroff, {7}};
    char *text = NULL;
    size_t size = 0;
    char why[VECTOR_TEXT_SIZE];
    el2_platform_defaults(&platform);
    platform.vcpus_per_vm = 2;
    fake.cells[0] = (struct fake_cell){KIND(VM_STATE) | ID(7), {{0}}, {{4}}};
    fake.cells[1] = (struct fake_cell){KIND(VCPU) | ID(6) | 1, {{0}}, {{2}}};
    fake.cells[2] = (struct fake_cell){KIND(INC_EXE) | ID(7), {{0}}, {{1}}};
    fake.cells[3] = (struct fake_cell){KIND(DATA_LOG) | ID(7), {{0}}, {{3}}};
    fake.cell_count = 4;
    fake.touched_count = 4;
    for (size_t i = 0; i < 4; i++) {
        fake.touched[i] = fake.cells[i].cell;
    }
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    struct vector_recorder *recorder =
        vector_record_begin(&fake.machine, &platform, "x");
    assert_non_null(recorder);
    vector_record_step(recorder, &call, &step);
    assert_true(vector_record_end(recorder, stream, why, sizeof(why)));
    fclose(stream);
    assert_non_null(strstr(text, "\"changes\":{\"data_log\":{\"7\":3},"
                                 "\"vm\":{\"6\":{\"vcpu_state\":[0,2]},"
                                 "\"7\":{\"state\":4,\"inc_exe\":1}}}"));
    free(text);
}

/* As the conformance vectors write numbers, so does a record. */
#define CALL(name, args) STEP(name, args, OK(""))

/* clang-format off */
static const char numbers[] = VECTOR(
    CALL("smmu_write", "\"index\":0,\"offset\":\"0x10\",\"size\":4,"
                       "\"value\":\"0x5\"") ","
    CALL("smmu_iova_to_phys", "\"iova\":\"0x40\",\"cbndx\":1,\"index\":0") ","
    CALL("register_kvm", "") ","
    CALL("register_vcpu", "\"vmid\":1,\"vcpuid\":3") ","
    CALL("remap_vm_image", "\"vmid\":1,\"pfn\":\"0x9\",\"load_idx\":2"));
/* clang-format on */

static void numbers_are_recorded_as_in_the_vectors(void **state)
{
    (void)state;
    struct vector vector;
    read_good(numbers, &vector);
    struct el2_machine *machine = model(&vector.platform);
    char *text = record(machine, &vector);
    assert_non_null(strstr(text, "\"args\":{\"index\":0,\"offset\":\"0x10\","
                                 "\"size\":4,\"value\":\"0x5\"}"));
    assert_non_null(strstr(text, "\"args\":{\"iova\":\"0x40\",\"cbndx\":1,"
                                 "\"index\":0}"));
    assert_non_null(strstr(text, "\"ret\":\"0x40\""));
    assert_non_null(strstr(text, "\"ret\":1}"));
    assert_non_null(strstr(text, "\"vcpuid\":3}"));
    assert_non_null(strstr(text, "\"pfn\":\"0x9\",\"load_idx\":2}"));
    free(text);
    machine->operations->destroy(machine);
    vector_destroy(&vector);
}

/* What a device tree can say of a platform is not lost. */
static void an_unusual_platform_is_recorded(void **state)
{
    (void)state;
    struct vector vector;
    read_good(by_hand, &vector);
    vector.platform.core_vmid = 9;
    vector.platform.regions[0].owner = 9;
    vector.platform.vcpus_per_vm = 3;
    vector.platform.images_per_vm = 2;
    vector.platform.boot_pattern = UINT64_C(0xfedcba9876543210);
    vector.platform.max_share_count = 7;
    vector.platform.npt_level3_tables = 5;
    struct el2_machine *machine = model(&vector.platform);
    char *text = record(machine, &vector);
    struct vector copy;
    text[strlen(text) - 1] = '\0';
    read_good(text, &copy);
    assert_memory_equal(&vector.platform, &copy.platform,
                        sizeof(vector.platform));
    check_on_model(&copy);
    vector_destroy(&copy);
    free(text);
    machine->operations->destroy(machine);
    vector_destroy(&vector);
}

static void a_record_that_cannot_be_says_why(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    struct el2_platform platform;
    struct el2_step step = {.panicked = true};
    struct el2_call call = {EL2_CALL_vm_poweroff, {7}};
    char why[VECTOR_TEXT_SIZE] = "";
    el2_platform_defaults(&platform);
    struct vector_recorder *recorder =
        vector_record_begin(&fake.machine, &platform, "x");
    assert_false(vector_record_end(recorder, stderr, why, sizeof(why)));
    assert_string_equal(why, "no step was recorded");

    recorder = vector_record_begin(&fake.machine, &platform, "x");
    vector_record_step(recorder, &call, &step);
    vector_record_step(recorder, &call, &step);
    assert_false(vector_record_end(recorder, stderr, why, sizeof(why)));
    assert_string_equal(why, "a step came after a panic");

    recorder = vector_record_begin(&fake.machine, &platform, "x");
    vector_record_step(recorder, &call, &step);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_int_equal(setvbuf(full, NULL, _IONBF, 0), 0);
    assert_false(vector_record_end(recorder, full, why, sizeof(why)));
    assert_string_equal(why, "the vector cannot be written");
    fclose(full);

    recorder = vector_record_begin(&fake.machine, &platform, "x");
    assert_false(vector_record_end(recorder, NULL, why, sizeof(why)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_does_what_is_written_by_hand),
        cmocka_unit_test(records_pass),
        cmocka_unit_test(runs_are_recorded_compressed),
        cmocka_unit_test(blocks_that_map_the_same_pages_are_two_runs),
        cmocka_unit_test(what_differs_is_recorded_apart),
        cmocka_unit_test(vms_are_recorded_one_by_one),
        cmocka_unit_test(numbers_are_recorded_as_in_the_vectors),
        cmocka_unit_test(an_unusual_platform_is_recorded),
        cmocka_unit_test(a_record_that_cannot_be_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
