/* What an exploration found, for a person and for a program. */
#ifndef TOOLS_EXPLORE_REPORT_H
#define TOOLS_EXPLORE_REPORT_H

#include "explore/explore.h"
#include "fuzz/divergence.h"

struct explore_report {
    const struct exploration *exploration;
    enum explore_end end;
    const struct pairing *pairing;
    const char *platform; /* as --platform takes it */
    /* When it ended badly: the calls to there, the last of which ended it, and
     * how, when both machines lived to tell. */
    const struct program *program;
    const struct divergence *divergence;
};

/* On standard output. JSON can fail: false when there is not enough memory. */
void explore_report_text(const struct explore_report *report);
bool explore_report_json(const struct explore_report *report);

#endif
