/*
 * A run as the report's page reads it, JSON: the cells that it draws with what
 * each holds at boot; each call with what it changed; how it ended, and in
 * what the machines then differ. tools/report/run.js says how it is read.
 */
#ifndef TOOLS_REPORT_RUN_H
#define TOOLS_REPORT_RUN_H

#include "fuzz/lockstep.h"

#include <cjson/cJSON.h>

/*
 * Run the program and tell of it. NULL when there is not enough memory;
 * otherwise the caller deletes it, and *end and *divergence are set as by
 * lockstep_run(). The lockstep's watchers are gone afterwards, and everything
 * is compared at the end of programs.
 */
cJSON *report_run(struct lockstep *lockstep, const struct program *program,
                  enum lockstep_end *end, struct divergence *divergence);

#endif
