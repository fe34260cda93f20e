/* The command el2diff statistics, on files of counters that are written here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As tools/commands.h declares it. */
int command_statistics(int argc, char **argv);

static const char path[] = "test_statistics_command.file";

static struct {
    int status;
    char out[1 << 18];
} ran;

/* With an option, or with "". */
static void run(const char *option, const char *second)
{
    char *argv[] = {(char *)"statistics", (char *)path, (char *)option,
                    (char *)second};
    int argc = 2 + (option[0] != '\0') + (second[0] != '\0');
    FILE *out = tmpfile();
    assert_non_null(out);
    fflush(stdout);
    int old = dup(STDOUT_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    ran.status = command_statistics(argc, argv);
    fflush(stdout);
    dup2(old, STDOUT_FILENO);
    close(old);
    rewind(out);
    ran.out[fread(ran.out, 1, sizeof ran.out - 1, out)] = '\0';
    fclose(out);
}

static void assert_says(int status, const char *text)
{
    assert_int_equal(ran.status, status);
    if (strstr(ran.out, text) == NULL) {
        fail_msg("no '%s' in: %s", text, ran.out);
    }
}

/* Counters of a run in which all checks compared something. */
static struct statistics *good_run(const char *target)
{
    const char *why;
    unlink(path);
    struct statistics *statistics = statistics_open(path, target, &why);
    assert_non_null(statistics);
    statistics->smmus = 1;
    statistics->counts.calls = 1000;
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        statistics->counts.checks[i] = 5;
    }
    return statistics;
}

static void all_checks(void **state)
{
    (void)state;
    good_run("fuzz_hypercalls");
    run("", "");
    assert_says(0, "\nchecks all 66 compared something\n");
    run("--strict", "");
    assert_says(0, "calls 1000\n");
    run("--checks", "");
    assert_says(0, "step.bank 5\n");
    assert_says(0, "step.data_log 5 not here: only the specification");
}

static void vacuous_checks(void **state)
{
    (void)state;
    struct statistics *statistics = good_run("fuzz_hypercalls");
    statistics->counts.checks[CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_BANK] =
        0;
    statistics->counts
        .checks[CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_DATA_LOG] = 0;
    run("", "");
    assert_says(0, "\nvacuous 1 of 66 checks compared nothing: step.bank\n");
    run("--strict", "");
    assert_says(1, "vacuous");
    run("--checks", "");
    assert_says(0, "step.bank 0 vacuous\n");
    /* Without SMMUs there are no banks to compare. */
    statistics->smmus = 0;
    run("--strict", "");
    assert_says(0, "compared something");
}

/* That a run made no call is no good news. */
static void no_calls(void **state)
{
    (void)state;
    good_run("fuzz_pages")->counts.calls = 0;
    run("--strict", "");
    assert_says(1, "checks of unknown worth: no call was made\n");
    good_run("fuzz_of_mine");
    run("--strict", "");
    assert_says(1, "checks of unknown worth: no such target\n");
}

static void cells(void **state)
{
    (void)state;
    struct statistics *statistics = good_run("fuzz_pages");
    const struct page_state dma = {PAGE_HOST_DMA, true};
    const struct page_state none = {PAGE_NONE, false};
    for (unsigned i = 0; i < 1234; i++) {
        outcome_table_add(&statistics->table, EL2_CALL_map_page_host,
                          EL2_OUTCOME_HOST_MAPPED_OWN, dma);
    }
    outcome_table_add(&statistics->table, EL2_CALL_vm_poweroff,
                      EL2_OUTCOME_POWERED_OFF, none);
    run("--table", "");
    assert_says(0, ".|1.2k");
    assert_says(0, "reached: 2 of ");
    assert_says(0, "\n  map_page_host host_mapped_own host_dma\n");
    assert_says(0, "\n  register_kvm registered\n");
    assert_null(strstr(ran.out, "\n  map_page_host host_mapped_own host_dma "
                                "mapped\n"));
    assert_null(strstr(ran.out, "vcpu_run")); /* the target makes none */
    run("--table", "--json");
    assert_says(0, "\"reached\":\t2,");
    assert_says(0, "\"impossible_and_reached\":\t0,");
    run("", "");
    assert_says(0, "\ncells 2\npossible_cells ");
}

/* What is held to be impossible and happened is told, and wrong. */
static void impossible_cells(void **state)
{
    (void)state;
    const struct page_state own = {PAGE_OWN_PRIVATE, false};
    struct statistics *statistics = good_run("fuzz_pages");
    outcome_table_add(&statistics->table, EL2_CALL_clear_vm_page,
                      EL2_OUTCOME_PANIC_NPT_POOL_EMPTY, own);
    run("--table", "");
    assert_says(1, "!1");
    assert_says(1, "\n  clear_vm_page panic_npt_pool_empty own 1: should be "
                   "impossible: clear_pfn_host");
    run("--table", "--json");
    assert_says(1, "\"impossible_and_reached\":\t1,");
    run("--strict", "");
    assert_says(1, "\nimpossible_cells 1\n");
    run("", "");
    assert_says(0, "\nimpossible_cells 1\n");
    /* Of the published texts nothing is proven. */
    statistics = good_run("fuzz_published");
    outcome_table_add(&statistics->table, EL2_CALL_clear_vm_page,
                      EL2_OUTCOME_PANIC_NPT_POOL_EMPTY, own);
    run("--strict", "");
    assert_says(0, "\nimpossible_cells 0\n");
}

/* Each apart as far as there is room, and what else in one number. */
static void known_divergences(void **state)
{
    (void)state;
    struct statistics *statistics = good_run("fuzz_pages");
    run("--past", "");
    assert_string_equal(ran.out, "");
    statistics_add_past(statistics, "a.b.c");
    statistics_add_past(statistics, "d.e.f");
    statistics_add_past(statistics, "a.b.c");
    run("--past", "");
    assert_string_equal(ran.out, "a.b.c 2\nd.e.f 1\n");
    for (int i = 0; i < STATISTICS_KNOWN_LIMIT; i++) {
        char signature[DIVERGENCE_SIGNATURE_SIZE];
        snprintf(signature, sizeof signature, "call.outcome.%d", i);
        statistics_add_past(statistics, signature);
    }
    run("--past", "");
    assert_says(0, "a.b.c 2\nd.e.f 1\ncall.outcome.0 1\n");
    assert_says(0, "call.outcome.61 1\nothers 2\n");
    run("", "");
    assert_says(0, "\npast 67\n");
    memset(statistics->known[3].signature, 'x', DIVERGENCE_SIGNATURE_SIZE);
    run("--past", "");
    assert_int_equal(ran.status, 2);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_checks),       cmocka_unit_test(vacuous_checks),
        cmocka_unit_test(no_calls),         cmocka_unit_test(cells),
        cmocka_unit_test(impossible_cells), cmocka_unit_test(known_divergences),
    };
    return cmocka_run_group_tests(tests, NULL, remove_file);
}
