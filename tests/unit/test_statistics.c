/*
 * The counters of a fuzz target: a check that is broken is named as vacuous,
 * and a file that holds something else is refused and left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/statistics.h"
#include "tests/unit/liar.h"

#include <stdlib.h>
#include <unistd.h>

/* What the calls of liar.h exercise, page by page and at the end. */
static const unsigned exercised[] = {
    CHECK_RESULT,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_PAGE,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_NPT,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_SPT,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_BANK,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_VM_STATE,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_CORE,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_MEMORY,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_DATA_LOG,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_NPT_TABLES,
    CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_SPT_TABLES,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_PAGE,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_NPT,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_SPT,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_BANK,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_VM_STATE,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_CORE,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_VCPU,
    CHECK_CELL_AT_END + (unsigned)EL2_CELL_IMAGE,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_SPT_CONS,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_HOST_NPT_CONS,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_HOST_FLATMAP,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_HOST_S2_MAP,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_HOST_ISO,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_VM_ISO,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_SMMU_VM,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_SMMU_ISO,
    CHECK_INVARIANT_OF_SPECIFICATION + (unsigned)EL2_INVARIANT_SMMU_COUNT,
    CHECK_INVARIANT_AT_END + (unsigned)EL2_INVARIANT_PAGE_0_INVALID,
    CHECK_INVARIANT_AT_END + (unsigned)EL2_INVARIANT_HOST_ISO,
};

#define EXERCISED (sizeof exercised / sizeof exercised[0])

/* Counters of fuzz_primitives, which makes all calls and can check all but
 * guards. */
static struct statistics *run_counted(struct fixture *f)
{
    static struct statistics statistics;
    memset(&statistics, 0, sizeof statistics);
    strcpy(statistics.target, "fuzz_primitives");
    statistics.smmus = 1;
    f->lockstep.counts = &statistics.counts;
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    return &statistics;
}

static bool is_vacuous(const struct statistics *statistics, unsigned check)
{
    struct check_scope scope;
    assert_true(statistics_scope(statistics, &scope));
    return statistics_is_vacuous(statistics, check, &scope);
}

static void what_compares_is_counted(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    struct statistics *statistics = run_counted(f);
    for (size_t i = 0; i < EXERCISED; i++) {
        char name[CHECK_NAME_SIZE];
        check_name(exercised[i], name, sizeof name);
        if (statistics->counts.checks[exercised[i]] == 0 ||
            is_vacuous(statistics, exercised[i])) {
            fail_msg("%s compared nothing", name);
        }
    }
    /* What none of these calls exercises is vacuous in a run of all calls. */
    assert_true(is_vacuous(statistics, CHECK_PANIC));
    assert_true(is_vacuous(statistics, CHECK_BLOCK_PAGES));
    assert_true(is_vacuous(statistics,
                           CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_VCPU));
    assert_false(is_vacuous(statistics, CHECK_GUARD_OF_OTHER));
}

/* How often, of one kind: the host has two mappings, VM 1 one. */
static void counts_are_exact(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    const uint64_t *checks = run_counted(f)->counts.checks;
    assert_int_equal(checks[CHECK_RESULT], 1);
    assert_int_equal(checks[CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_BANK],
                     1);
    assert_int_equal(
        checks[CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_VM_STATE], 1);
    assert_int_equal(checks[CHECK_INVARIANT_OF_SPECIFICATION +
                            (unsigned)EL2_INVARIANT_SMMU_VM],
                     1);
    assert_int_equal(checks[CHECK_CELL_AT_END + (unsigned)EL2_CELL_BANK],
                     1 + 8 + 4);
}

/* A machine that is no longer asked for a kind of cell. */
static void a_kind_is_not_observed(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    for (unsigned kind = 0; kind < EL2_CELL_KIND_COUNT; kind++) {
        uint32_t all = liar_operations.observable;
        f->liar.operations.observable = all & ~(UINT32_C(1) << kind);
        struct statistics *statistics = run_counted(f);
        for (size_t i = 0; i < EXERCISED; i++) {
            bool hidden = exercised[i] == CHECK_CELL_AFTER_STEP + kind ||
                          exercised[i] == CHECK_CELL_AT_END + kind;
            assert_int_equal(is_vacuous(statistics, exercised[i]), hidden);
        }
    }
    f->liar.operations.observable = 0;
    struct statistics *statistics = run_counted(f);
    for (unsigned kind = 0; kind < EL2_CELL_KIND_COUNT; kind++) {
        assert_true(is_vacuous(statistics, CHECK_CELL_AFTER_STEP + kind));
        assert_true(is_vacuous(statistics, CHECK_CELL_AT_END + kind));
    }
}

static void nothing_is_compared_at_the_end(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    f->lockstep.end_comparison_period = UINT32_MAX;
    struct statistics *statistics = run_counted(f);
    for (unsigned kind = 0; kind < EL2_CELL_KIND_COUNT; kind++) {
        assert_true(is_vacuous(statistics, CHECK_CELL_AT_END + kind));
    }
    assert_false(is_vacuous(statistics, CHECK_CELL_AFTER_STEP));
}

static void invariants_are_not_asked_for(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    f->specification_operations = *f->specification->operations;
    f->specification_operations.invariants_of_step = NULL;
    f->specification->operations = &f->specification_operations;
    struct statistics *statistics = run_counted(f);
    for (unsigned i = 0; i < EL2_INVARIANT_COUNT; i++) {
        bool never = i == EL2_INVARIANT_PAGE_0_INVALID;
        assert_int_equal(
            is_vacuous(statistics, CHECK_INVARIANT_OF_SPECIFICATION + i),
            !never);
    }
    assert_false(is_vacuous(statistics, CHECK_INVARIANT_AT_END +
                                            (unsigned)EL2_INVARIANT_HOST_ISO));
}

/* The panic of the last call, under the page lock: its page is not compared. */
static void torn_cells(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    add(f, (struct el2_call){EL2_CALL_assign_pfn_to_vm, {2, GFN, PAGE}});
    struct statistics *statistics = run_counted(f);
    assert_int_equal(statistics->counts.checks[CHECK_PANIC], 1);
    assert_true(statistics->counts.checks[CHECK_TORN] > 0);
    assert_false(is_vacuous(statistics, CHECK_TORN));
}

static void blocks_and_accesses(void **state)
{
    struct fixture *f = *state;
    add(f,
        (struct el2_call){EL2_CALL_prot_and_map_vm_s2pt, {1, 0, AT(PAGE), 2}});
    add(f, (struct el2_call){EL2_CALL_mem_load, {0, PAGE}});
    const uint64_t *checks = run_counted(f)->counts.checks;
    assert_true(checks[CHECK_BLOCK_PAGES] > 0);
    assert_int_equal(checks[CHECK_ACCESS], 1); /* a fault */
}

/* A file in the current directory. */
static const char path[] = "test_statistics.file";

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(const void *bytes, size_t size, const char *reason)
{
    static struct statistics statistics;
    static char after[sizeof(struct statistics) + 16];
    const char *why = NULL;
    write_file(bytes, size);
    assert_false(statistics_read(path, &statistics, &why));
    assert_string_equal(why, reason);
    if (size > 0) {
        assert_null(statistics_open(path, "fuzz_pages", &why));
        assert_string_equal(why, reason);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(after, 1, sizeof after, file), size);
        fclose(file);
        assert_memory_equal(after, bytes, size);
    }
}

static void files(void **state)
{
    (void)state;
    static struct statistics read;
    static char bytes[sizeof(struct statistics) + 1];
    const char *why = NULL;
    const struct page_state host = {PAGE_HOST_FREE, true};
    unlink(path);
    struct statistics *counted = statistics_open(path, "fuzz_pages", &why);
    assert_non_null(counted);
    counted->counts.calls = 7;
    outcome_table_add(&counted->table, EL2_CALL_map_page_host,
                      EL2_OUTCOME_HOST_MAPPED_OWN, host);
    assert_true(statistics_read(path, &read, &why));
    assert_string_equal(read.target, "fuzz_pages");
    /* The next session counts on. */
    counted = statistics_open(path, "fuzz_pages", &why);
    assert_non_null(counted);
    assert_int_equal(counted->counts.calls, 7);
    assert_int_equal(outcome_table_count(&counted->table,
                                         EL2_CALL_map_page_host,
                                         EL2_OUTCOME_HOST_MAPPED_OWN, host),
                     1);
    assert_null(statistics_open(path, "fuzz_smmu", &why));
    assert_string_equal(why, "counts for another target");

    memcpy(bytes, counted, sizeof *counted);
    static const char other_version[] =
        "a file of counters of another version of el2diff";
    static const char not_counters[] = "not a file of counters";
    assert_refused(bytes, sizeof *counted - 1, other_version);
    assert_refused(bytes, sizeof *counted + 1, other_version);
    bytes[7]--; /* the version */
    assert_refused(bytes, sizeof *counted, other_version);
    assert_refused(bytes, 1032, other_version);
    bytes[7]++;
    bytes[offsetof(struct statistics, layout)] ^= 1;
    assert_refused(bytes, sizeof *counted, other_version);
    bytes[offsetof(struct statistics, layout)] ^= 1;
    memset(bytes + offsetof(struct statistics, target), 'x',
           STATISTICS_TARGET_SIZE);
    assert_refused(bytes, sizeof *counted, not_counters);
    bytes[0] ^= 1;
    assert_refused(bytes, sizeof *counted, not_counters);
    assert_refused(bytes, 3, not_counters);
    assert_refused(bytes, 0, not_counters);
    unlink(path);
    assert_false(statistics_read(path, &read, &why));
    assert_string_equal(why, "cannot be read");
    assert_null(statistics_open("no-such-directory/file", "fuzz_pages", &why));
    assert_string_equal(why, "cannot be written");
    assert_false(statistics_read("/", &read, &why));
    assert_string_equal(why, "cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINES(what_compares_is_counted),
        WITH_MACHINES(counts_are_exact),
        WITH_MACHINES(a_kind_is_not_observed),
        WITH_MACHINES(nothing_is_compared_at_the_end),
        WITH_MACHINES(invariants_are_not_asked_for),
        WITH_MACHINES(torn_cells),
        WITH_MACHINES(blocks_and_accesses),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
