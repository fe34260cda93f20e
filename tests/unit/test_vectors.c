/* Checking a machine against vectors. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* What a check says; "" when nothing differs. */
static void check_says(struct fake *fake, const char *json,
                       const char *expected)
{
    struct vector vector;
    struct vector_mismatch mismatch;
    char text[VECTOR_TEXT_SIZE] = "";
    size_t steps = 0;
    read_good(json, &vector);
    enum vector_verdict verdict =
        vector_check(&fake->machine, &vector, &mismatch, &steps);
    assert_int_equal(fake->resets, 1);
    assert_int_equal(steps, 1);
    assert_int_not_equal(verdict, VECTOR_NO_MEMORY);
    if (verdict == VECTOR_MISMATCH) {
        vector_describe(&vector, &mismatch, text, sizeof(text));
    }
    vector_destroy(&vector);
    assert_string_equal(text, expected);
}

static struct el2_value words(uint64_t first, uint64_t second)
{
    return (struct el2_value){{first, second}};
}

/* Each kind of cell: the vector's change, the machine's same change, one that
 * differs from it, and what is then said. */
struct observation_case {
    const char *json;
    el2_cell cell;
    struct el2_value before;
    struct el2_value same;
    struct el2_value other;
    const char *says;
};

static const struct observation_case observations[] = {
    {POWEROFF("\"page\":[{\"pfn\":\"0x80100\",\"n\":1,\"owner\":7,"
              "\"count\":1,\"gfn\":\"0x200\"}]"),
     KIND(PAGE) | 0x80100,
     {{0x8080100, 0}},
     {{0x200, 7 | UINT64_C(1) << 32}},
     {{0x200, 3 | UINT64_C(1) << 32}},
     "t step 0 vm_poweroff: page 0x80100 owner: expected 7, got 3"},
    {POWEROFF("\"page\":[{\"pfn\":\"0x80100\",\"n\":1,\"owner\":7,"
              "\"count\":1,\"gfn\":\"0x200\"}]"),
     KIND(PAGE) | 0x80100,
     {{0x8080100, 0}},
     {{0x200, 7 | UINT64_C(1) << 32}},
     {{0x200, 7}},
     "t step 0 vm_poweroff: page 0x80100 count: expected 1, got 0"},
    {POWEROFF("\"page\":[{\"pfn\":\"0x80100\",\"n\":1,\"owner\":4294967295,"
              "\"count\":0,\"gfn\":\"0xffffffffffffffff\"}]"),
     KIND(PAGE) | 0x80100,
     {{0x8080100, 0}},
     {{UINT64_MAX, UINT32_MAX}},
     {{0x201, UINT32_MAX}},
     "t step 0 vm_poweroff: page 0x80100 gfn: expected 0xffffffffffffffff, "
     "got 0x201"},
    {POWEROFF("\"npt\":{\"7\":[{\"gfn\":\"0x201\",\"n\":1,\"pfn\":\"0x80100\","
              "\"level\":3,\"desc\":\"0x80100fff\"}]}"),
     KIND(NPT) | ID(7) | 0x201,
     {{0, 0}},
     {{0x80100fff, 0x80100 << 8 | 3}},
     {{0x80100ffb, 0x80100 << 8 | 3}},
     "t step 0 vm_poweroff: npt 7 gfn 0x201 descriptor: expected 0x80100fff, "
     "got 0x80100ffb"},
    {POWEROFF("\"npt\":{\"7\":[{\"gfn\":\"0x201\",\"n\":1,\"pfn\":\"0x80101\","
              "\"level\":2,\"desc\":\"0x80000ffd\"}]}"),
     KIND(NPT) | ID(7) | 0x201,
     {{0, 0}},
     {{0x80000ffd, 0x80101 << 8 | 2}},
     {{0x80000ffd, EL2_NO_TRANSLATION << 8 | 3}},
     "t step 0 vm_poweroff: npt 7 gfn 0x201 level: expected 2, got 3"},
    {POWEROFF("\"npt\":{\"0\":[{\"gfn\":\"0x201\",\"n\":1,\"pfn\":\"0x0\","
              "\"level\":3,\"desc\":\"0x200000000000000\"}]}"),
     KIND(NPT) | ID(0) | 0x201,
     {{0, 0}},
     {{UINT64_C(1) << 57, EL2_NO_TRANSLATION << 8 | 3}},
     {{UINT64_C(1) << 57, 3}},
     "t step 0 vm_poweroff: npt 0 gfn 0x201 translation: expected none, got "
     "0x0"},
    {POWEROFF("\"spt\":{\"0.3\":[{\"iova_pfn\":\"0x40\",\"pfn\":\"0x80100\","
              "\"desc\":\"0x80100703\"}]}"),
     KIND(SPT) | ID(3) | 0x40,
     {{0, 0}},
     {{0x80100703, 0x80100 << 8 | 3}},
     {{0x80100703, 0x80000 << 8 | 3}},
     "t step 0 vm_poweroff: spt 0.3 iova_pfn 0x40 translation: expected "
     "0x80100, got 0x80000"},
    {POWEROFF("\"spt\":{\"0.3\":[{\"iova_pfn\":\"0x40\",\"pfn\":\"0x0\","
              "\"desc\":\"0x0\"}]}"),
     KIND(SPT) | ID(3) | 0x40,
     {{0x80100703, 0x80100 << 8 | 3}},
     {{0, 0}},
     {{0x80100703, 0x80100 << 8 | 3}},
     "t step 0 vm_poweroff: spt 0.3 iova_pfn 0x40 descriptor: expected 0x0, "
     "got 0x80100703"},
    {POWEROFF("\"bank\":{\"0.5\":4294967295}"),
     KIND(BANK) | ID(5),
     {{7, 0}},
     {{EL2_INVALID, 0}},
     {{0, 0}},
     "t step 0 vm_poweroff: bank 0.5 owner: expected none, got 0"},
    {POWEROFF("\"vm\":{\"7\":{\"state\":4}}"),
     KIND(VM_STATE) | ID(7),
     {{2, 0}},
     {{4, 0}},
     {{3, 0}},
     "t step 0 vm_poweroff: vm 7 state: expected 4, got 3"},
    {POWEROFF("\"core\":{\"next_vmid\":2,\"next_remap_ptr\":\"0x2000000\"}"),
     KIND(CORE),
     {{1, 0x2000000}},
     {{2, 0x2000000}},
     {{2, 0x2001000}},
     "t step 0 vm_poweroff: core next remap pointer: expected 0x2000000, got "
     "0x2001000"},
    {POWEROFF("\"mem\":{\"0x80100\":\"0x9e3779b97f4a7c15\"}"),
     KIND(MEMORY) | 0x80100,
     {{0, 0}},
     {{UINT64_C(0x9e3779b97f4a7c15), 0}},
     {{UINT64_C(0x9e3779b97f4a7c14), 0}},
     "t step 0 vm_poweroff: mem 0x80100 content: expected 0x9e3779b97f4a7c15, "
     "got 0x9e3779b97f4a7c14"},
    {POWEROFF("\"data_log\":{\"7\":512}"),
     KIND(DATA_LOG) | ID(7),
     {{0, 0}},
     {{512, 0}},
     {{511, 0}},
     "t step 0 vm_poweroff: data_log 7 draws: expected 512, got 511"},
    {POWEROFF("\"npt_tables\":{\"7\":[1,2,3]}"),
     KIND(NPT_TABLES) | ID(7),
     {{1 | UINT64_C(1) << 32, 1}},
     {{1 | UINT64_C(2) << 32, 3}},
     {{1 | UINT64_C(3) << 32, 3}},
     "t step 0 vm_poweroff: npt_tables 7 level-2 tables: expected 2, got 3"},
    {POWEROFF("\"spt_tables\":[2,3]"),
     KIND(SPT_TABLES),
     {{1, 1}},
     {{2, 3}},
     {{2, 2}},
     "t step 0 vm_poweroff: spt_tables level-3 tables: expected 3, got 2"},
    {POWEROFF("\"vm\":{\"7\":{\"vcpu_state\":[0,0,2,0,0,0,0,0]}}"),
     KIND(VCPU) | ID(7) | 2,
     {{0, 0}},
     {{2, 0}},
     {{5, 0}},
     "t step 0 vm_poweroff: vm 7 vcpu 2 state: expected 2, got 5"},
    {POWEROFF("\"vm\":{\"7\":{\"inc_exe\":1}}"),
     KIND(INC_EXE) | ID(7),
     {{0, 0}},
     {{1, 0}},
     {{0, 0}},
     "t step 0 vm_poweroff: vm 7 inc_exe: expected 1, got 0"},
    {POWEROFF("\"vm\":{\"7\":{\"images\":[{\"load_addr\":\"0x200000\","
              "\"size\":\"0x1001\",\"remap_addr\":\"0x0\",\"mapped\":0}]}}"),
     KIND(IMAGE) | ID(7),
     {{0, 0}},
     {{0x200000, 0x1001}},
     {{0x201000, 0x1001}},
     "t step 0 vm_poweroff: vm 7 image 0 load_addr: expected 0x200000, got "
     "0x201000"},
    {POWEROFF("\"vm\":{\"7\":{\"images\":[{\"load_addr\":\"0x0\","
              "\"size\":\"0x1001\",\"remap_addr\":\"0x0\",\"mapped\":0}]}}"),
     KIND(IMAGE) | ID(7),
     {{0, 0}},
     {{0, 0x1001}},
     {{0, 0x1000}},
     "t step 0 vm_poweroff: vm 7 image 0 size: expected 0x1001, got 0x1000"},
};

static void every_observation_is_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(observations) / sizeof(observations[0]);
         i++) {
        const struct observation_case *c = &observations[i];
        struct fake fake = fake_change(c->cell, c->before, c->same);
        check_says(&fake, c->json, "");
        fake = fake_change(c->cell, c->before, c->other);
        check_says(&fake, c->json, c->says);
    }
}

/* The same kinds, each changing where the vector expects nothing. */
static void a_change_that_is_not_listed_is_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(observations) / sizeof(observations[0]);
         i++) {
        const struct observation_case *c = &observations[i];
        struct fake fake = fake_change(c->cell, c->before, c->same);
        struct vector vector;
        struct vector_mismatch mismatch;
        size_t steps;
        read_good(POWEROFF(""), &vector);
        assert_int_equal(
            vector_check(&fake.machine, &vector, &mismatch, &steps),
            VECTOR_MISMATCH);
        assert_int_equal(mismatch.difference, VECTOR_CHANGED);
        assert_true(mismatch.cell == c->cell);
        vector_destroy(&vector);
    }
    struct fake fake = fake_change(KIND(PAGE) | 0x80100, words(0x8080100, 0),
                                   words(0x8080100, 3));
    check_says(&fake, POWEROFF(""),
               "t step 0 vm_poweroff: page 0x80100 owner: not expected to "
               "change, got 3");
}

static void a_change_that_does_not_happen_is_reported(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    check_says(&fake, POWEROFF("\"vm\":{\"7\":{\"state\":4}}"),
               "t step 0 vm_poweroff: vm 7 state: expected 4, got 0");
    /* Not even when the vector lists what was so before. */
    fake = fake_change(KIND(VM_STATE) | ID(7), words(4, 0), words(4, 0));
    check_says(&fake, POWEROFF("\"vm\":{\"7\":{\"state\":4}}"),
               "t step 0 vm_poweroff: vm 7: expected to change, but it was "
               "so before");
}

static void what_is_touched_and_not_changed_does_not_count(void **state)
{
    (void)state;
    struct fake fake =
        fake_change(KIND(MEMORY) | 0x80100, words(5, 0), words(5, 0));
    check_says(&fake, POWEROFF(""), "");
    /* Nor does being touched twice. */
    fake = fake_change(KIND(VM_STATE) | ID(7), words(2, 0), words(4, 0));
    fake.touched[1] = fake.touched[0];
    fake.touched_count = 2;
    check_says(&fake, POWEROFF("\"vm\":{\"7\":{\"state\":4}}"), "");
}

/* An image has two cells: what was asked for, and what was done about it. */
static void both_cells_of_an_image_are_compared(void **state)
{
    (void)state;
    const char *json = POWEROFF(
        "\"vm\":{\"7\":{\"images\":[{\"load_addr\":\"0x200000\",\"size\":"
        "\"0x2000\",\"remap_addr\":\"0x2001000\",\"mapped\":1}]}}");
    static const struct {
        struct el2_value remap;
        const char *says;
    } cases[] = {
        {{{0x2001000, 1}}, ""},
        {{{0x2000000, 1}},
         "t step 0 vm_poweroff: vm 7 image 0 remap_addr: expected 0x2001000, "
         "got 0x2000000"},
        {{{0x2001000, 2}},
         "t step 0 vm_poweroff: vm 7 image 0 mapped: expected 1, got 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake fake = fake_change(KIND(IMAGE) | ID(7), words(0, 0),
                                       words(0x200000, 0x2000));
        fake.cells[1] = (struct fake_cell){
            KIND(IMAGE_REMAP) | ID(7), {{0}}, cases[i].remap};
        fake.cell_count = 2;
        fake.touched[1] = fake.cells[1].cell;
        fake.touched_count = 2;
        check_says(&fake, json, cases[i].says);
    }
}

/* A page whose content goes from one word, or unknown, to another. */
struct content_case {
    uint64_t word_before;
    uint64_t word_now;
    bool unknown_before;
    bool unknown_now;
    const char *changes;
    const char *says;
};

#define MEM(content) POWEROFF("\"mem\":{\"0x80100\":\"" content "\"}")

static const struct content_case contents[] = {
    {5, 6, false, true, MEM("unknown"), ""},
    {5, 5, false, true, MEM("unknown"), ""},
    {5, 6, true, false, MEM("0x6"), ""},
    /* The word that is kept of an unknown page says nothing. */
    {5, 5, true, false, MEM("0x5"), ""},
    {5, 6, true, true, POWEROFF(""), ""},
    {5, 6, true, true, MEM("unknown"),
     "t step 0 vm_poweroff: mem 0x80100: expected to change, but it was so "
     "before"},
    {5, 6, false, true, POWEROFF(""),
     "t step 0 vm_poweroff: mem 0x80100 content: not expected to change, got "
     "unknown"},
    {5, 6, true, false, POWEROFF(""),
     "t step 0 vm_poweroff: mem 0x80100 content: not expected to change, got "
     "0x6"},
    {5, 6, false, true, MEM("0x6"),
     "t step 0 vm_poweroff: mem 0x80100 content: expected 0x6, got unknown"},
    {5, 6, false, false, MEM("unknown"),
     "t step 0 vm_poweroff: mem 0x80100 content: expected unknown, got 0x6"},
};

static void unknown_content_has_one_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        const struct content_case *c = &contents[i];
        struct fake fake =
            fake_change(KIND(MEMORY) | 0x80100, words(c->word_before, 0),
                        words(c->word_now, 0));
        fake.cells[1] = (struct fake_cell){KIND(MEMORY_UNKNOWN) | 0x80100,
                                           {{c->unknown_before, 0}},
                                           {{c->unknown_now, 0}}};
        fake.cell_count = 2;
        fake.touched_count = 0;
        /* A machine tells what changed. */
        if (c->word_before != c->word_now) {
            fake.touched[fake.touched_count++] = fake.cells[0].cell;
        }
        if (c->unknown_before != c->unknown_now) {
            fake.touched[fake.touched_count++] = fake.cells[1].cell;
        }
        check_says(&fake, c->changes, c->says);
    }
}

/* Several differences: the first kind of observation is named. */
static void the_first_difference_is_named_and_the_others_counted(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    fake.cells[0] = (struct fake_cell){KIND(MEMORY) | 0x80100, {{0}}, {{1}}};
    fake.cells[1] = (struct fake_cell){KIND(PAGE) | 0x80102, {{0}}, {{2}}};
    fake.cells[2] = (struct fake_cell){KIND(PAGE) | 0x80101, {{0}}, {{3}}};
    fake.cell_count = 3;
    fake.touched_count = 3;
    for (size_t i = 0; i < 3; i++) {
        fake.touched[i] = fake.cells[i].cell;
    }
    check_says(&fake, POWEROFF(""),
               "t step 0 vm_poweroff: page 0x80101 gfn: not expected to "
               "change, got 0x3 (and 2 more)");
}

/* A block stands for its 512 entries; the machine says what each maps. */
static void a_block_is_compared_entry_by_entry(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    el2_cell entry = KIND(NPT) | ID(7) | (0x201 * 512 + 3);
    fake.cells[0] =
        (struct fake_cell){entry, {{0}}, {{0x80000ffd, 0x80003 << 8 | 2}}};
    fake.cell_count = 1;
    fake.touched[0] = KIND(NPT_BLOCK) | ID(7) | 0x201;
    fake.touched[1] = entry;
    fake.touched_count = 2;
    check_says(&fake,
               POWEROFF("\"npt\":{\"7\":[{\"gfn\":\"0x40203\",\"n\":1,"
                        "\"pfn\":\"0x80003\",\"level\":2,"
                        "\"desc\":\"0x80000ffd\"}]}"),
               "");
    fake = fake_idle();
    check_says(&fake,
               POWEROFF("\"npt\":{\"7\":[{\"gfn\":\"0x40200\",\"n\":512,"
                        "\"pfn\":\"0x80000\",\"level\":2,"
                        "\"desc\":\"0x80000ffd\"}]}"),
               "t step 0 vm_poweroff: npt 7 gfn 0x40200 descriptor: expected "
               "0x80000ffd, got 0x0 (and 511 more)");
}

static void results_and_panics_are_compared(void **state)
{
    (void)state;
    const char *level =
        VECTOR(STEP("get_level_s2pt", "\"vmid\":7,\"addr\":\"0x1000\"",
                    "\"ret\":3,\"result\":\"ok\",\"changes\":{}"));
    struct fake fake = fake_idle();
    fake.step = (struct el2_step){.has_result = true, .result = 3};
    check_says(&fake, level, "");
    fake.resets = 0;
    fake.step.result = 2;
    check_says(&fake, level,
               "t step 0 npt_level: result: expected 0x3, got 0x2");
    fake = fake_idle();
    check_says(&fake, level,
               "t step 0 npt_level: result: expected 0x3, got none");
    fake = fake_idle();
    fake.step = (struct el2_step){.has_result = true, .result = 0};
    check_says(&fake, POWEROFF(""),
               "t step 0 vm_poweroff: result: expected none, got 0x0");
    fake = fake_idle();
    fake.step = (struct el2_step){.panicked = true,
                                  .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER};
    check_says(&fake, POWEROFF(""),
               "t step 0 vm_poweroff: panic: expected none, got one "
               "(panic_other_owner)");
    const char *panic = VECTOR(STEP("vm_poweroff", "\"vmid\":7", PANIC));
    fake.resets = 0;
    check_says(&fake, panic, "");
    fake = fake_idle();
    fake.step.outcome = EL2_OUTCOME_POWERED_OFF;
    check_says(&fake, panic,
               "t step 0 vm_poweroff: panic: expected one, got none "
               "(powered_off)");
    fake = fake_idle();
    fake.step.fault = "write outside its memory";
    check_says(&fake, POWEROFF(""),
               "t step 0 vm_poweroff: fault: expected none, got: write "
               "outside its memory");
}

#define LOAD(ret)                                                              \
    VECTOR(STEP("mem_load", "\"vmid\":0,\"gfn\":\"0x1\"",                      \
                "\"ret\":\"" ret "\"," OK("")))
#define STORE(ret)                                                             \
    VECTOR(STEP("mem_store", "\"vmid\":0,\"gfn\":\"0x1\",\"value\":\"0x7\"",   \
                ret OK("")))

static void ends_of_accesses_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        struct el2_step step;
        const char *says;
    } cases[] = {
        {LOAD("0x7"),
         {.access = EL2_ACCESS_DONE, .has_result = true, .result = 7},
         ""},
        {LOAD("0x7"),
         {.access = EL2_ACCESS_DONE, .has_result = true, .result = 8},
         "t step 0 mem_load: result: expected 0x7, got 0x8"},
        {LOAD("0x7"),
         {.access = EL2_ACCESS_FAULT},
         "t step 0 mem_load: result: expected 0x7, got fault"},
        {LOAD("fault"), {.access = EL2_ACCESS_FAULT}, ""},
        {LOAD("device"), {.access = EL2_ACCESS_DEVICE}, ""},
        {LOAD("unknown"), {.access = EL2_ACCESS_UNKNOWN}, ""},
        {LOAD("fault"),
         {.access = EL2_ACCESS_DEVICE},
         "t step 0 mem_load: result: expected fault, got device"},
        {LOAD("device"),
         {.access = EL2_ACCESS_UNKNOWN},
         "t step 0 mem_load: result: expected device, got unknown"},
        {LOAD("unknown"),
         {.access = EL2_ACCESS_DONE, .has_result = true, .result = 8},
         "t step 0 mem_load: result: expected unknown, got 0x8"},
        {STORE(""), {.access = EL2_ACCESS_DONE}, ""},
        {STORE(""),
         {.access = EL2_ACCESS_FAULT},
         "t step 0 mem_store: result: expected done, got fault"},
        {STORE(""),
         {.access = EL2_ACCESS_NONE},
         "t step 0 mem_store: result: expected done, got none"},
        {STORE("\"ret\":\"fault\","),
         {.access = EL2_ACCESS_DONE},
         "t step 0 mem_store: result: expected fault, got done"},
        {POWEROFF(""),
         {.access = EL2_ACCESS_FAULT},
         "t step 0 vm_poweroff: result: expected none, got fault"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake fake = fake_idle();
        fake.step = cases[i].step;
        check_says(&fake, cases[i].json, cases[i].says);
    }
}

static void a_machine_without_room_is_no_verdict(void **state)
{
    (void)state;
    struct fake fake = fake_idle();
    struct vector vector;
    struct vector_mismatch mismatch;
    size_t steps;
    fake.full = true;
    read_good(POWEROFF(""), &vector);
    assert_int_equal(vector_check(&fake.machine, &vector, &mismatch, &steps),
                     VECTOR_NO_MEMORY);
    assert_int_equal(steps, 0);
    vector_destroy(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_observation_is_compared),
        cmocka_unit_test(a_change_that_is_not_listed_is_reported),
        cmocka_unit_test(a_change_that_does_not_happen_is_reported),
        cmocka_unit_test(what_is_touched_and_not_changed_does_not_count),
        cmocka_unit_test(both_cells_of_an_image_are_compared),
        cmocka_unit_test(unknown_content_has_one_value),
        cmocka_unit_test(the_first_difference_is_named_and_the_others_counted),
        cmocka_unit_test(a_block_is_compared_entry_by_entry),
        cmocka_unit_test(results_and_panics_are_compared),
        cmocka_unit_test(ends_of_accesses_are_compared),
        cmocka_unit_test(a_machine_without_room_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
