/*
 * The programs that `el2diff bench` runs: one life of a VM in 32 calls, at
 * varying pages. Each mix is a text, so that the README can show it and a
 * reader can replay it.
 */
#ifndef TOOLS_BENCH_MIX_H
#define TOOLS_BENCH_MIX_H

#include "fuzz/program.h"

#define BENCH_PROGRAMS 64

struct bench_mix {
    const char *name;
    const char *says;
    struct program *programs; /* BENCH_PROGRAMS of them */
};

/* 4 KiB pages, one page cleared. */
bool bench_mix_pages(struct bench_mix *mix);

/* 2 MiB blocks, a range of pages cleared. */
bool bench_mix_blocks(struct bench_mix *mix);

void bench_mix_free(struct bench_mix *mix);

#endif
