/* Programs in files and streams, in either form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/program_file.h"
#include "tests/unit/program_forms.h"

#include <stdio.h>

static const char file_name[] = "test_program_files.tmp";

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(file_name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_in_either_form(void **state)
{
    static const char late_header[] = "# first\n\nel2diff program 1\n"
                                      "register_kvm vm=3";
    static uint8_t large[PROGRAM_FILE_LIMIT + 1];
    enum program_form form;
    char why[200];

    (void)state;
    assert_parses(golden_text, &second);
    write_file(golden_text, sizeof(golden_text) - 1);
    assert_true(program_read_file_form(file_name, &first, &form, why, 200));
    assert_int_equal(form, PROGRAM_FORM_TEXT);
    assert_true(program_equal(&first, &second));
    write_file(golden_bytes, sizeof(golden_bytes));
    assert_true(program_read_file_form(file_name, &first, &form, why, 200));
    assert_int_equal(form, PROGRAM_FORM_BYTES);
    assert_true(program_equal(&first, &second));

    write_file(late_header, sizeof(late_header) - 1);
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(
        why, "line 4: register_kvm has no argument 'vm' (it has: none)");
    write_file(large, sizeof(large) - 1);
    assert_true(program_read_file(file_name, &first, why, sizeof(why)));
    write_file(large, sizeof(large));
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(why, "is larger than 1024 KiB");
    assert_int_equal(remove(file_name), 0);
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(why, "cannot be opened: No such file or directory");
    assert_false(program_read_file(".", &first, why, sizeof(why)));
    assert_string_equal(why, "cannot be read: Is a directory");
}

static void streams_get_the_same_text(void **state)
{
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    assert_parses(golden_text, &first);
    assert_true(program_print_stream(&first, file));
    rewind(file);
    memset(text, 0, sizeof(golden_text) + 1);
    assert_int_equal(fread(text, 1, sizeof(text), file),
                     sizeof(golden_text) - 1);
    assert_string_equal(text, golden_text);
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_in_either_form),
        cmocka_unit_test(streams_get_the_same_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
