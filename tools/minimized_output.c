#include "tools/minimized_output.h"

#include "devicetree/known.h"

#include <stdio.h>
#include <string.h>

/* Lines that say what this is, each after `begin`. */
static void print_comment(const struct minimized_output *output,
                          const char *begin, FILE *stream)
{
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    divergence_signature(&output->minimized->divergence, signature,
                         sizeof signature);
    fprintf(stream, "%s signature: %s\n", begin, signature);
    fprintf(stream, "%s target: %s\n", begin, output->pairing->target);
    if (known_platform_find(output->platform) == NULL) {
        fprintf(stream, "%s platform: %s\n", begin, output->platform);
    }
    fprintf(stream, "%s calls: %zu, before %zu\n", begin,
            output->program->call_count, output->calls_before);
    if (!output->minimized->complete) {
        fprintf(stream, "%s not the least: the search was too long\n", begin);
    }
}

static bool write_text(const struct minimized_output *output, FILE *stream)
{
    print_comment(output, "#", stream);
    return program_print_stream(output->program, stream);
}

static bool write_bytes(const struct minimized_output *output, FILE *stream)
{
    static uint8_t bytes[PROGRAM_BYTES_LIMIT];
    size_t size = program_encode(output->program, bytes, sizeof bytes);
    return fwrite(bytes, 1, size, stream) == size;
}

/* A string of C, a line of text each. */
static void print_string(const char *text, FILE *stream)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(stream, "\n    \"%.*s\\n\"", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* A path as it stands between quotes in C. */
static void print_path(const char *path, FILE *stream)
{
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;
        bool is_plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' &&
                        c != '?'; /* no trigraphs */
        fprintf(stream, is_plain ? "%c" : "\\%03o", c);
    }
}

static const char test_begin[] = "#include <setjmp.h>\n"
                                 "#include <stdarg.h>\n"
                                 "#include <stddef.h>\n"
                                 "#include <stdint.h>\n"
                                 "\n"
                                 "#include <cmocka.h>\n"
                                 "\n"
                                 "#include \"devicetree/known.h\"\n"
                                 "#include \"fuzz/pairing.h\"\n"
                                 "#include \"fuzz/program.h\"\n"
                                 "\n"
                                 "static const char text[] =";

static const char test_body[] =
    "static void machines_agree(void **state)\n"
    "{\n"
    "    static struct program program;\n"
    "    static struct paired_machines pair;\n"
    "    struct program_error error;\n"
    "    struct el2_platform platform;\n"
    "    struct divergence divergence;\n"
    "    char why[DEVICETREE_WHY_SIZE];\n"
    "    const char *reason;\n"
    "    (void)state;\n"
    "    assert_true(program_parse(text, sizeof text - 1, &program, &error));\n"
    "    assert_true(platform_load(platform_name, &platform, why, sizeof why));"
    "\n"
    "    assert_true(pairing_boot(pairing_find(target), &platform, &pair, "
    "&reason));\n"
    "    pair.lockstep.end_comparison_period = 1;\n"
    "    enum lockstep_end end = lockstep_run(&pair.lockstep, &program, "
    "&divergence);\n"
    "    pairing_shut_down(&pair);\n"
    "    assert_int_equal(end, LOCKSTEP_SAME);\n"
    "}\n"
    "\n"
    "int main(void)\n"
    "{\n"
    "    const struct CMUnitTest tests[] = {\n"
    "        cmocka_unit_test(machines_agree),\n"
    "    };\n"
    "    return cmocka_run_group_tests(tests, NULL, NULL);\n"
    "}\n";

static bool write_test(const struct minimized_output *output, FILE *stream)
{
    static char text[PROGRAM_CALL_LIMIT * PROGRAM_CALL_TEXT_LIMIT + 128];
    (void)program_print(output->program, text, sizeof text);
    fputs("/*\n * Fails as long as the machines diverge.\n *\n", stream);
    print_comment(output, " *", stream);
    fprintf(stream, " */\n%s", test_begin);
    print_string(text, stream);
    fprintf(stream,
            ";\n\nstatic const char target[] = \"%s\";\n"
            "static const char platform_name[] = \"",
            output->pairing->target);
    print_path(output->platform, stream);
    fprintf(stream, "\";\n\n%s", test_body);
    return !ferror(stream);
}

bool minimized_output_write(const struct minimized_output *output,
                            enum minimized_form form, FILE *stream)
{
    switch (form) {
    case MINIMIZED_BYTES:
        return write_bytes(output, stream) && !ferror(stream);
    case MINIMIZED_TEST:
        return write_test(output, stream) && !ferror(stream);
    case MINIMIZED_TEXT:
        break;
    }
    return write_text(output, stream) && !ferror(stream);
}
