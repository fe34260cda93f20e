/* The platform that a program runs on. */
#ifndef TOOLS_PROGRAM_PLATFORM_H
#define TOOLS_PROGRAM_PLATFORM_H

#include "fuzz/program_file.h"

/*
 * The name that the program carries, as platform_load() takes it, or the
 * default. The name in a program in bytes may be a fuzzer's invention: when it
 * is no known platform it is the default too, as it is for the fuzz targets. A
 * text means what it says. Points into the program, or to a constant.
 */
const char *program_platform(const struct program *program,
                             enum program_form form);

/*
 * Let the program name the platform that it ran on, given as --platform takes
 * it; but the default, and a file, which no program can name, it does not.
 */
void program_name_platform(struct program *program, const char *platform);

#endif
