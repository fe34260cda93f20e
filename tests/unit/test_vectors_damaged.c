/* Reading vectors that are damaged or too large: they do no harm. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A good vector with most keys in it, for the tests that damage one. */
static const char rich[] = VECTOR(
    STEP("assign_pfn_to_vm", "\"vmid\":7,\"gfn\":\"0x201\",\"pfn\":\"0x80100\"",
         OK("\"page\":[{\"pfn\":\"0x80100\",\"n\":1,\"owner\":7,\"count\":0,"
            "\"gfn\":\"0x201\"}],\"mem\":{\"0x80100\":\"0x538454127b096493\"},"
            "\"data_log\":{\"7\":1},\"vm\":{\"7\":{\"state\":4,"
            "\"vcpu_state\":[0,2,0,0,0,0,0,0],\"images\":[" ONE "]}},"
            "\"spt\":{\"0.1\":[{\"iova_pfn\":\"0x1\",\"pfn\":\"0x0\","
            "\"desc\":\"0x0\"}]},\"npt_tables\":{\"0\":[1,1,1]}")));

static void truncated_vectors_are_refused(void **state)
{
    (void)state;
    struct vector vector;
    char why[VECTOR_TEXT_SIZE];
    for (size_t length = 0; length + 1 < sizeof(rich); length++) {
        /* A copy without anything behind it, for the sanitizers. */
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, rich, length);
        char *exact = realloc(copy, length == 0 ? 1 : length);
        assert_non_null(exact);
        assert_false(vector_read(exact, length, &vector, why, sizeof(why)));
        assert_non_null(strstr(why, "not JSON at byte"));
        free(exact);
    }
    read_good(rich, &vector);
    vector_destroy(&vector);
}

/* Whatever the damage, a vector is refused with a line, or is one. */
static void damaged_vectors_do_no_harm(void **state)
{
    (void)state;
    static const char bytes[] = {0,   '"', '0', '9',  '-',  '.',
                                 'e', '{', '}', '[',  ']',  ',',
                                 ':', ' ', 'x', '\\', '\n', (char)0x80};
    char text[sizeof(rich)];
    for (size_t at = 0; at + 1 < sizeof(rich); at++) {
        for (size_t b = 0; b < sizeof(bytes); b++) {
            struct vector vector;
            char why[VECTOR_TEXT_SIZE] = "";
            memcpy(text, rich, sizeof(rich));
            text[at] = bytes[b];
            if (vector_read(text, sizeof(text) - 1, &vector, why,
                            sizeof(why))) {
                vector_destroy(&vector);
            } else {
                assert_true(why[0] != '\0');
                assert_null(strchr(why, '\n'));
            }
        }
    }
}

static void bulk_is_refused_before_it_takes_memory(void **state)
{
    (void)state;
    struct vector vector;
    char why[VECTOR_TEXT_SIZE];
    size_t size = VECTOR_LINE_LIMIT + 1;
    char *line = malloc(size);
    assert_non_null(line);
    memset(line, '[', size);
    assert_false(vector_read(line, size, &vector, why, sizeof(why)));
    assert_non_null(strstr(why, "longer than 16777216 bytes"));
    assert_false(vector_read(line, size - 1, &vector, why, sizeof(why)));
    assert_non_null(strstr(why, "more than 1048576 values"));
    /* cJSON's limit on nesting. */
    assert_false(vector_read(line, 100000, &vector, why, sizeof(why)));
    assert_non_null(strstr(why, "not JSON at byte"));
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated_vectors_are_refused),
        cmocka_unit_test(damaged_vectors_do_no_harm),
        cmocka_unit_test(bulk_is_refused_before_it_takes_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
