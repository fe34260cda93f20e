/* The command el2diff vectors. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As tools/commands.h declares it. */
int command_vectors(int argc, char **argv);

/* What the command printed and returned. */
struct outcome {
    int status;
    char out[16384];
    char err[16384];
};

static void read_back(FILE *file, char *text, size_t size)
{
    rewind(file);
    size_t length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
}

/* Run the command with both streams in files. */
static void run(int argc, char **argv, struct outcome *outcome)
{
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    assert_non_null(out);
    assert_non_null(err);
    fflush(stdout);
    fflush(stderr);
    int old_out = dup(STDOUT_FILENO);
    int old_err = dup(STDERR_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    outcome->status = command_vectors(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, STDOUT_FILENO);
    dup2(old_err, STDERR_FILENO);
    close(old_out);
    close(old_err);
    read_back(out, outcome->out, sizeof(outcome->out));
    read_back(err, outcome->err, sizeof(outcome->err));
}

static struct outcome run_on_file(char *file)
{
    struct outcome outcome;
    char *argv[] = {(char *)"vectors", file};
    run(2, argv, &outcome);
    return outcome;
}

/* The command on a file that holds this. */
static struct outcome run_on(const char *content)
{
    char name[] = "/tmp/el2diff-vectors-XXXXXX";
    int descriptor = mkstemp(name);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
    struct outcome outcome = run_on_file(name);
    unlink(name);
    return outcome;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) &&
           strcmp(text + length - strlen(end), end) == 0;
}

static void all_vectors_pass(void **state)
{
    (void)state;
    static const char *const machines[] = {"model", "primitives"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome outcome;
        char *argv[] = {(char *)"vectors",   (char *)"--machine",
                        (char *)machines[i], (char *)PAGES,
                        (char *)HYPERCALLS,  (char *)EDGES};
        run(6, argv, &outcome);
        assert_string_equal(outcome.err, "");
        assert_string_equal(outcome.out,
                            "900 vectors, 47742 steps, 0 mismatches\n");
        assert_int_equal(outcome.status, 0);
    }
}

/* The checker sees that the published texts differ (section 10 E1, E2). */
static void the_published_model_does_not_pass(void **state)
{
    (void)state;
    struct el2_machine *machine = NULL;
    char *line = NULL;
    size_t size = 0;
    unsigned clear = 0;
    unsigned assign = 0;
    FILE *file = fopen(PAGES, "r");
    assert_non_null(file);
    for (ssize_t n; (n = getline(&line, &size, file)) > 0;) {
        struct vector vector;
        struct vector_mismatch mismatch;
        size_t steps;
        const char *why;
        line[n - 1] = '\0';
        read_good(line, &vector);
        if (machine == NULL) {
            machine = el2_create_published_model(&vector.platform,
                                                 el2_oracle_formula, &why);
            assert_non_null(machine);
        }
        if (vector_check(machine, &vector, &mismatch, &steps) ==
            VECTOR_MISMATCH) {
            uint32_t call = vector.steps[mismatch.step].call.number;
            clear += call == EL2_CALL_clear_vm_page ||
                     call == EL2_CALL_clear_vm_range;
            assign += call == EL2_CALL_assign_pfn_to_smmu;
        }
        vector_destroy(&vector);
    }
    free(line);
    fclose(file);
    machine->operations->destroy(machine);
    assert_true(clear > 0);
    assert_true(assign > 0);
}

#define WRONG      POWEROFF("\"vm\":{\"7\":{\"state\":3}}") "\n"
#define WRONG_SAYS "t step 0 vm_poweroff: vm 7 state: expected 3, got 4\n"
#define RIGHT      POWEROFF("\"vm\":{\"7\":{\"state\":4}}") "\n"

static void the_command_counts_and_goes_on(void **state)
{
    (void)state;
    struct outcome outcome = run_on(WRONG "\n  \r\n" RIGHT);
    assert_int_equal(outcome.status, 1);
    assert_string_equal(outcome.out,
                        WRONG_SAYS "2 vectors, 2 steps, 1 mismatches\n");
    assert_string_equal(outcome.err, "");

    char many[25 * sizeof(WRONG)] = "";
    for (size_t i = 0; i < 25; i++) {
        memcpy(many + i * (sizeof(WRONG) - 1), WRONG, sizeof(WRONG));
    }
    outcome = run_on(many);
    assert_int_equal(outcome.status, 1);
    char shown[20 * sizeof(WRONG_SAYS)] = "";
    for (size_t i = 0; i < 20; i++) {
        strcat(shown, WRONG_SAYS);
    }
    assert_memory_equal(outcome.out, shown, strlen(shown));
    assert_string_equal(outcome.out + strlen(shown),
                        "5 further mismatches\n"
                        "25 vectors, 25 steps, 25 mismatches\n");

    outcome = run_on(WRONG "{\"id\":\n" RIGHT);
    assert_int_equal(outcome.status, 2);
    assert_non_null(strstr(outcome.err, ":2: not JSON at byte"));
    assert_string_equal(outcome.out, WRONG_SAYS
                        "2 vectors, 2 steps, 1 mismatches, 1 refused\n");
}

static void the_command_changes_machine_with_the_platform(void **state)
{
    (void)state;
    /* The second boots a page as EL2's own, which the first gave the host. */
    static const char owner_16[] =
        "{\"id\":\"t\",\"suite\":\"t\",\"platform\":{\"regions\":[{"
        "\"base\":\"0x80000000\",\"size\":\"0x400000\",\"owned\":true,"
        "\"owner\":16}],\"smmu\":[]},\"host_offset\":\"0x8000000\","
        "\"steps\":[" STEP("map_page_host", "\"addr\":\"0x80100000\"",
                           PANIC) "]}\n";
    char text[4096];
    int length = snprintf(text, sizeof(text), "%s\n%s", by_hand, owner_16);
    assert_true(length > 0 && (size_t)length < sizeof(text));
    struct outcome outcome = run_on(text);
    assert_string_equal(outcome.out, "2 vectors, 6 steps, 0 mismatches\n");
    assert_int_equal(outcome.status, 0);
}

static void the_command_refuses_bad_files(void **state)
{
    (void)state;
    struct outcome outcome = run_on("");
    assert_int_equal(outcome.status, 2);
    assert_non_null(strstr(outcome.err, ": no vectors in it"));
    assert_string_equal(outcome.out,
                        "0 vectors, 0 steps, 0 mismatches, 1 refused\n");
    outcome = run_on_file((char *)"/nonexistent");
    assert_int_equal(outcome.status, 2);
    assert_string_equal(outcome.err, "el2diff vectors: /nonexistent: No such "
                                     "file or directory\n");
    outcome = run_on_file((char *)"/tmp");
    assert_int_equal(outcome.status, 2);
    assert_string_equal(outcome.err, "el2diff vectors: /tmp: Is a directory\n");
    outcome = run_on_file((char *)"/dev/zero");
    assert_int_equal(outcome.status, 2);
    assert_string_equal(outcome.err,
                        "el2diff vectors: /dev/zero:1: longer than 16 MiB\n");
    char bad[30 * 2 + 1] = "";
    for (size_t i = 0; i < 30; i++) {
        memcpy(bad + 2 * i, "x\n", 3);
    }
    outcome = run_on(bad);
    assert_int_equal(outcome.status, 2);
    assert_non_null(strstr(outcome.err, ":20: not JSON"));
    assert_null(strstr(outcome.err, ":21: not JSON"));
    assert_true(ends_with(outcome.err, ": too many bad lines, giving it up\n"));
    assert_true(ends_with(outcome.out, "0 mismatches, 20 refused\n"));
}

static void the_command_refuses_bad_options(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[2];
        int status;
        const char *out;
        const char *err;
    } cases[] = {
        {{NULL}, 2, "", "no FILE, see --help"},
        {{"--help"}, 0, "Example: el2diff vectors", ""},
        {{"--what"}, 2, "", "--what: no such option"},
        {{"--machine"}, 2, "", "--machine: expected model or primitives"},
        {{"--machine", "impl"}, 2, "", "expected model or primitives, not"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *argv[] = {(char *)"vectors", (char *)cases[i].arguments[0],
                        (char *)cases[i].arguments[1], NULL};
        int argc = 1;
        while (argv[argc] != NULL) {
            argc++;
        }
        struct outcome outcome;
        run(argc, argv, &outcome);
        assert_int_equal(outcome.status, cases[i].status);
        assert_non_null(strstr(outcome.out, cases[i].out));
        assert_non_null(strstr(outcome.err, cases[i].err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_vectors_pass),
        cmocka_unit_test(the_published_model_does_not_pass),
        cmocka_unit_test(the_command_counts_and_goes_on),
        cmocka_unit_test(the_command_changes_machine_with_the_platform),
        cmocka_unit_test(the_command_refuses_bad_files),
        cmocka_unit_test(the_command_refuses_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
