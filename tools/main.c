/* el2diff: the command line. */
#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
} commands[] = {
    {"replay", command_replay, "run programs on two machines, call by call"},
    {"triage", command_triage, "from crash files to what is likely wrong"},
    {"explore", command_explore, "every state of a small board"},
    {"minimize", command_minimize, "the least program that diverges like one"},
    {"report", command_report, "a run as a page for a browser"},
    {"regress", command_regress, "run the corpus on every pair of machines"},
    {"convert", command_convert, "a program from bytes to text and back"},
    {"pack", command_pack, "many programs into one file"},
    {"unpack", command_unpack, "programs out of such a file"},
    {"calls", command_calls, "what each call of a program is"},
    {"dictionary", command_dictionary,
     "calls and operands as a fuzzer's words"},
    {"oracles", command_oracles, "what can be seen to be wrong"},
    {"vectors", command_vectors, "run conformance vectors"},
    {"platform", command_platform, "what was understood of a device tree"},
    {"bench", command_bench, "how fast the machines are"},
    {"statistics", command_statistics, "counters of a running fuzz target"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void usage(FILE *stream)
{
    fputs("usage: el2diff COMMAND [ARGUMENT...]\n\n", stream);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(stream, "  %-12s%s\n", commands[i].name, commands[i].says);
    }
    fputs("\n'el2diff COMMAND --help' says more.\n"
          "Example: el2diff replay corpus/pages/block.txt\n",
          stream);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_BAD_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "el2diff: there is no command '%s' (see el2diff --help)\n",
            argv[1]);
    return EXIT_BAD_INPUT;
}
