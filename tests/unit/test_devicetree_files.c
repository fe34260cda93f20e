/*
 * Platforms from files, as blobs and as sources: what they are named, and each
 * refusal with its words. PLATFORM_SOURCES is the directory of the .dts files.
 */
#define _DEFAULT_SOURCE /* mkstemps() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/changed_tree.h"
#include "tests/unit/expected_platform.h"

#include <stdio.h>
#include <unistd.h>

static void test_names_are_made_to_fit(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    (void)state;
    assert_true(devicetree_read(tiny()->tree, tiny()->size,
                                "My_Board.v2-with-a-long-name", &platform, why,
                                sizeof(why)));
    assert_string_equal(platform.name, "my-board-v2-wi");
    assert_true(devicetree_read(tiny()->tree, tiny()->size, "", &platform, why,
                                sizeof(why)));
    assert_string_equal(platform.name, "unnamed");
}

static void test_source_gives_the_built_in(void **state)
{
    struct el2_platform compiled;
    struct el2_platform built_in;
    char why[DEVICETREE_WHY_SIZE] = "";
    (void)state;
    load("two-socket", &built_in);
    if (!platform_load(PLATFORM_SOURCES "/two-socket.dts", &compiled, why,
                       sizeof(why))) {
        fail_msg("%s", why);
    }
    assert_memory_equal(&compiled, &built_in, sizeof(compiled));
}

/* A file with these bytes and that ending; the caller unlinks it. */
static void write_file(char path[64], const char *ending, const void *bytes,
                       size_t size)
{
    int file;
    snprintf(path, 64, "/tmp/Board-XXXXXX%s", ending);
    file = mkstemps(path, (int)strlen(ending));
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
}

static void test_blob_file(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE] = "";
    char path[64];
    bool loaded;
    (void)state;
    write_file(path, ".dtb", tiny()->tree, tiny()->size);
    loaded = platform_load(path, &platform, why, sizeof(why));
    unlink(path);
    assert_string_equal(why, "");
    assert_true(loaded);
    assert_memory_equal(platform.name, "board-", 6);
    assert_int_equal(platform.core_vmid, 4);
}

static void assert_not_loaded(const char *name, const char *expected)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE] = "";
    assert_false(platform_load(name, &platform, why, sizeof(why)));
    assert_string_equal(why, expected);
}

static void test_refuses_files(void **state)
{
    static const char source[] = "/dts-v1/;\n/ { broken };\n";
    char path[64];
    char expected[192];
    (void)state;
    assert_not_loaded("small", "neither a file nor a built-in platform (tiny, "
                               "qemu-virt-2g, two-socket, bench-16m, "
                               "bench-16g, explore-pages, explore-calls)");
    assert_not_loaded("/nowhere/a.dtb",
                      "cannot be opened: No such file or directory");
    assert_not_loaded("/nowhere/a.dts",
                      "dtc refuses it: FATAL ERROR: Couldn't open "
                      "\"/nowhere/a.dts\": No such file or directory");
    assert_not_loaded("/tmp", "cannot be read: Is a directory");
    write_file(path, ".dts", source, strlen(source));
    snprintf(expected, sizeof(expected),
             "dtc refuses it: Error: %s:2.12-13 syntax error", path);
    assert_not_loaded(path, expected);
    unlink(path);
}

static void test_says_when_dtc_is_missing(void **state)
{
    char *path = getenv("PATH");
    char *kept = path == NULL ? NULL : strdup(path);
    (void)state;
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_not_loaded(PLATFORM_SOURCES "/tiny.dts",
                      "dtc, which compiles device tree sources, cannot be "
                      "run: No such file or directory");
    if (kept == NULL) {
        unsetenv("PATH");
    } else {
        setenv("PATH", kept, 1);
    }
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_made_to_fit),
        cmocka_unit_test(test_source_gives_the_built_in),
        cmocka_unit_test(test_blob_file),
        cmocka_unit_test(test_refuses_files),
        cmocka_unit_test(test_says_when_dtc_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
