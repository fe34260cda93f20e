/*
 * The commands of el2diff. Each gets its own name as argv[0] and returns the
 * exit status: 0, 1 when something was found, 2 for bad input.
 */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

enum {
    EXIT_GOOD = 0,
    EXIT_FOUND = 1,
    EXIT_BAD_INPUT = 2,
};

int command_bench(int argc, char **argv);
int command_calls(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_dictionary(int argc, char **argv);
int command_explore(int argc, char **argv);
int command_minimize(int argc, char **argv);
int command_pack(int argc, char **argv);
int command_oracles(int argc, char **argv);
int command_platform(int argc, char **argv);
int command_regress(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_statistics(int argc, char **argv);
int command_triage(int argc, char **argv);
int command_unpack(int argc, char **argv);
int command_vectors(int argc, char **argv);

#endif
