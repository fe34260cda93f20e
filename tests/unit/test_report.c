/* The page of a run: what its JSON says, and that nothing gets out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/pairing.h"
#include "fuzz/program_file.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* tools/report.h and tools/report_text.h, whose room tests may not enter. */
bool report_write(FILE *stream, const struct pairing *pairing,
                  struct paired_machines *pair, const struct program *program,
                  const char *shown, bool minimize, const char **why);
char *report_readable(const char *bytes);
char *report_shell_word(const char *bytes);

static const char json_begins[] =
    "<script type=\"application/json\" id=\"report\">";

static struct program program;

static void parse(const char *text)
{
    struct program_error error;
    assert_true(program_parse(text, strlen(text), &program, &error));
}

static void boot(const char *target, struct paired_machines *pair)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    assert_true(platform_load("tiny", &platform, why, sizeof why));
    assert_true(pairing_boot(pairing_find(target), &platform, pair, &reason));
}

/* The page about `program`; the caller frees it. */
static char *page_of(const char *target, const char *shown, bool minimize)
{
    static struct paired_machines pair;
    char *page = NULL;
    size_t size;
    const char *why = NULL;
    boot(target, &pair);
    FILE *stream = open_memstream(&page, &size);
    assert_non_null(stream);
    assert_true(report_write(stream, pairing_find(target), &pair, &program,
                             shown, minimize, &why));
    assert_null(why);
    assert_int_equal(fclose(stream), 0);
    /* The pair is as it was, for whoever runs more on it. */
    assert_null(pair.lockstep.after);
    assert_int_equal(pair.lockstep.end_comparison_period,
                     LOCKSTEP_END_COMPARISON_PERIOD);
    pairing_shut_down(&pair);
    return page;
}

/* What the page draws; the caller deletes it. */
static cJSON *json_of(const char *page)
{
    const char *begin = strstr(page, json_begins);
    assert_non_null(begin);
    begin += strlen(json_begins);
    const char *end = strstr(begin, "</script>");
    assert_non_null(end);
    cJSON *json = cJSON_ParseWithLength(begin, (size_t)(end - begin));
    assert_non_null(json);
    return json;
}

static cJSON *draw(const char *target, bool minimize)
{
    char *page = page_of(target, "a.txt", minimize);
    cJSON *json = json_of(page);
    free(page);
    return json;
}

static const cJSON *member(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItem(object, key);
    assert_non_null(found);
    return found;
}

static void assert_text(const cJSON *object, const char *key, const char *text)
{
    assert_string_equal(member(object, key)->valuestring, text);
}

static const cJSON *step_at(const cJSON *json, int at)
{
    const cJSON *step =
        cJSON_GetArrayItem(member(member(json, "run"), "steps"), at);
    assert_non_null(step);
    return step;
}

/* The cell of that name, or NULL. */
static const cJSON *cell_named(const cJSON *json, const char *name)
{
    const cJSON *cell;
    cJSON_ArrayForEach(cell, member(member(json, "run"), "cells"))
    {
        if (strcmp(member(cell, "name")->valuestring, name) == 0) {
            return cell;
        }
    }
    return NULL;
}

static const char diverges[] = "el2diff program 1\n"
                               "register_kvm\n"
                               "assign_pfn_to_vm vm=1 gfn=0x100 pfn=ram+0x10\n"
                               "grant_vm_page vm=1 pfn=ram+0x10\n"
                               "map_page_host addr=ram+0x10000\n"
                               "map_page_host addr=ram+0x20000\n"
                               "vm_poweroff vm=1\n"
                               "clear_vm_page vm=1 pfn=ram+0x10\n"
                               "register_kvm\n";

static void a_divergence_has_both_sides(void **state)
{
    (void)state;
    parse(diverges);
    cJSON *json = draw("fuzz_published", false);
    const cJSON *run = member(json, "run");
    const cJSON *divergence = member(run, "divergence");
    assert_text(run, "end", "diverged");
    assert_text(divergence, "signature", "clear_vm_page.cleared.npt");
    assert_int_equal(member(divergence, "step")->valueint, 6);
    const cJSON *cells = member(divergence, "cells");
    assert_int_equal(cJSON_GetArraySize(cells), 1);
    const cJSON *both = cJSON_GetArrayItem(cells, 0);
    const cJSON *cell = cJSON_GetArrayItem(
        member(run, "cells"), cJSON_GetArrayItem(both, 0)->valueint);
    assert_text(cell, "name", "NPT of host 0 at gfn 0x40010");
    assert_text(cJSON_GetArrayItem(both, 1), "says",
                "level 3 descriptor 0x40010fff, translates to page 0x40010");
    assert_text(cJSON_GetArrayItem(both, 2), "says",
                "level 3 descriptor 0x200000000000000, translates to nothing");
    assert_text(step_at(json, 7), "state", "not_made");
    assert_null(cJSON_GetObjectItem(json, "minimized"));
    cJSON_Delete(json);
}

static void the_minimized_program_diverges_alike(void **state)
{
    (void)state;
    parse(diverges);
    cJSON *json = draw("fuzz_published", true);
    const cJSON *minimized = member(json, "minimized");
    assert_true(cJSON_GetArraySize(member(minimized, "steps")) < 7);
    assert_text(member(minimized, "divergence"), "signature",
                "clear_vm_page.cleared.npt");
    assert_non_null(strstr(member(minimized, "text")->valuestring,
                           "# signature: clear_vm_page.cleared.npt\n"));
    assert_non_null(strstr(member(minimized, "test")->valuestring, "cmocka"));
    /* The caller's program is not the one that got smaller. */
    assert_int_equal(program.call_count, 8);
    cJSON_Delete(json);
}

static void neighbours_that_hold_alike_are_one(void **state)
{
    (void)state;
    parse("el2diff program 1\n"
          "register_kvm\n"
          "vm_fault vm=1 addr=0x40000000 desc=ram+0x0|0x7ff level=2\n"
          "vm_share vm=1 addr=0x40010000 size=0x1000\n");
    cJSON *json = draw("fuzz_pages", false);
    const cJSON *before = cell_named(json, "page 0x40000");
    const cJSON *shared = cell_named(json, "page 0x40010");
    const cJSON *behind = cell_named(json, "page 0x40011");
    assert_non_null(before);
    assert_non_null(shared);
    assert_non_null(behind);
    /* The call names the first page, so that it stands alone. */
    assert_int_equal(member(before, "length")->valueint, 1);
    assert_int_equal(
        member(cell_named(json, "page 0x40001"), "length")->valueint, 15);
    assert_int_equal(member(shared, "length")->valueint, 1);
    assert_int_equal(member(behind, "length")->valueint, 512 - 17);
    assert_null(cell_named(json, "page 0x40012"));
    cJSON_Delete(json);
}

static void calls_end_in_their_own_ways(void **state)
{
    (void)state;
    parse("el2diff program 1\n"
          "clear_vm_page vm=1 pfn=ram+0x10\n"
          "register_kvm\n"
          "vm_fault vm=1 addr=0x100000 desc=ram+0x10000|0x7ff level=3\n"
          "host_fault addr=ram+0x10000\n"
          "register_kvm\n");
    cJSON *json = draw("fuzz_hypercalls", true);
    assert_text(member(json, "run"), "end", "same");
    assert_text(step_at(json, 0), "state", "skipped");
    assert_text(step_at(json, 1), "state", "done");
    assert_text(step_at(json, 1), "result", "0x1");
    assert_text(step_at(json, 2), "outcome", "faulted_in_page");
    assert_text(step_at(json, 3), "state", "panicked");
    assert_text(step_at(json, 3), "outcome", "panic_private_page");
    assert_text(step_at(json, 4), "state", "not_made");
    assert_null(cJSON_GetObjectItem(json, "minimized"));
    cJSON_Delete(json);
}

static void a_table_that_fails_is_told(void **state)
{
    (void)state;
    parse("el2diff program 1\n"
          "fail table 2\n"
          "register_kvm\n"
          "vm_fault vm=1 addr=0x100000 desc=ram+0x10000|0x7ff level=3\n");
    cJSON *json = draw("fuzz_hypercalls", true);
    const cJSON *run = member(json, "run");
    assert_text(member(run, "failed_table"), "words",
                "level-2 table 1 of vmid 1");
    assert_text(step_at(json, 1), "outcome", "panic_npt_pool_empty");
    cJSON_Delete(json);
}

static void an_empty_program_has_a_page(void **state)
{
    (void)state;
    parse("el2diff program 1\n");
    cJSON *json = draw("fuzz_pages", true);
    assert_int_equal(cJSON_GetArraySize(member(member(json, "run"), "steps")),
                     0);
    cJSON_Delete(json);
}

static void markup_in_a_name_stays_text(void **state)
{
    static const char name[] =
        "</script><!--<img src=x onerror=\"a\">&'\xe2\x80\xa8\xe2\x80\xae\xff";
    (void)state;
    parse(diverges);
    char *page = page_of("fuzz_published", name, false);
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<!--<"));
    assert_null(strstr(page, "\xe2\x80\xa8"));
    assert_null(strstr(page, "\xff"));
    cJSON *json = json_of(page);
    assert_text(json, "shown",
                "</script><!--<img src=x onerror=\"a\">&'"
                "\\xe2\\x80\\xa8\\xe2\\x80\\xae\\xff");
    cJSON_Delete(json);
    free(page);
}

static void the_same_run_has_the_same_page(void **state)
{
    (void)state;
    parse(diverges);
    char *once = page_of("fuzz_published", "a.txt", true);
    char *again = page_of("fuzz_published", "a.txt", true);
    assert_string_equal(once, again);
    free(once);
    free(again);
}

struct words {
    const char *bytes;
    const char *expected;
};

static void names_are_readable(void **state)
{
    static const struct words cases[] = {
        {"crash-1f3a", "crash-1f3a"},
        {"", ""},
        {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"a\nb\x1b[1m\x7f", "a\\x0ab\\x1b[1m\\x7f"},
        {"\xc3", "\\xc3"},          /* cut off */
        {"\xc0\xaf", "\\xc0\\xaf"}, /* not the shortest form */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* turns direction */
        {"\xc2\x85", "\\xc2\\x85"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = report_readable(cases[i].bytes);
        assert_string_equal(text, cases[i].expected);
        free(text);
    }
}

static void names_are_words_of_a_shell(void **state)
{
    static const struct words cases[] = {
        {"build/crash-1f3a.txt", "build/crash-1f3a.txt"},
        {"", "''"},
        {"a b", "'a b'"},
        {"$(id)", "'$(id)'"},
        {"it's", "'it'\\''s'"},
        {"~", "'~'"},
        {"a\nb'\\1", "$'a\\012b\\047\\1341'"},
        {"\xff", "$'\\377'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *word = report_shell_word(cases[i].bytes);
        assert_string_equal(word, cases[i].expected);
        free(word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_divergence_has_both_sides),
        cmocka_unit_test(the_minimized_program_diverges_alike),
        cmocka_unit_test(neighbours_that_hold_alike_are_one),
        cmocka_unit_test(calls_end_in_their_own_ways),
        cmocka_unit_test(a_table_that_fails_is_told),
        cmocka_unit_test(an_empty_program_has_a_page),
        cmocka_unit_test(markup_in_a_name_stays_text),
        cmocka_unit_test(the_same_run_has_the_same_page),
        cmocka_unit_test(names_are_readable),
        cmocka_unit_test(names_are_words_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
