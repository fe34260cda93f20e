#include "tools/bench_mix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {g}: a guest page, {r}: a page of RAM, {b}: a bank; the digit behind counts
 * on from it. */
static const char pages_text[] =
    "el2diff program 1\n"
    "register_kvm\n"
    "smmu_alloc_pgd bank={b} vm=0 smmu=0\n"
    "prot_and_map_vm_s2pt vm=1 addr={g0} desc={r0} level=3\n"
    "prot_and_map_vm_s2pt vm=1 addr={g1} desc={r1} level=3\n"
    "prot_and_map_vm_s2pt vm=1 addr={g2} desc={r2} level=3\n"
    "prot_and_map_vm_s2pt vm=1 addr={g3} desc={r3} level=3\n"
    "prot_and_map_vm_s2pt vm=1 addr={g4} desc={r4} level=3\n"
    "map_page_host addr={r5}\n"
    "map_page_host addr={r6}\n"
    "map_page_host addr={r7}\n"
    "map_page_host addr={r8}\n"
    "map_page_host addr=0x9000000\n"
    "grant_vm_page vm=1 pfn={p0}\n"
    "grant_vm_page vm=1 pfn={p1}\n"
    "grant_vm_page vm=1 pfn={p2}\n"
    "map_page_host addr={r0}\n"
    "map_page_host addr={r1}\n"
    "revoke_vm_page vm=1 pfn={p0}\n"
    "revoke_vm_page vm=1 pfn={p2}\n"
    "assign_pfn_to_vm vm=1 gfn=0x300 pfn={p5}\n"
    "map_pfn_vm vm=1 addr=0x300000 desc={r5} level=3\n"
    "assign_pfn_to_vm vm=1 gfn=0x301 pfn={p6}\n"
    "map_pfn_vm vm=1 addr=0x301000 desc={r6} level=3\n"
    "map_vm_io vm=1 gpa=0x9000000 pa=0x9000000\n"
    "update_smmu_page vm=0 bank={b} smmu=0 iova={d7} desc={r7}|0x7c3\n"
    "update_smmu_page vm=0 bank={b} smmu=0 iova={d8} desc={r8}|0x7c3\n"
    "unmap_smmu_page bank={b} smmu=0 iova={d7}\n"
    "grant_stage2_sg_gpa vm=1 addr={g0} size=0x2000\n"
    "revoke_stage2_sg_gpa vm=1 addr={g0} size=0x2000\n"
    "assign_pfn_to_smmu vm=1 gfn=0x302 pfn={p9}\n"
    "vm_poweroff vm=1\n"
    "clear_vm_page vm=1 pfn={p0}\n";

static const char blocks_text[] =
    "el2diff program 1\n"
    "register_kvm\n"
    "prot_and_map_vm_s2pt vm=1 addr=0x40000000 desc={B0} level=2\n"
    "prot_and_map_vm_s2pt vm=1 addr=0x40200000 desc={B1} level=2\n"
    "grant_stage2_sg_gpa vm=1 addr=0x40000000 size=0x10000\n"
    "map_page_host addr={B0}\n"
    "revoke_stage2_sg_gpa vm=1 addr=0x40000000 size=0x10000\n"
    "grant_stage2_sg_gpa vm=1 addr=0x401ff000 size=0x2000\n"
    "vm_poweroff vm=1\n"
    "clear_vm_range vm=1 pfn={P0} n=64\n";

/* What a placeholder stands for in program number `index`. */
static void substitute(char kind, uint64_t digit, uint64_t index, FILE *out)
{
    uint64_t page = 64 + index * 16 + digit;
    uint64_t block = 512 * (index % 3 + digit + 1);
    switch (kind) {
    case 'b':
        fprintf(out, "%" PRIu64, index % 8);
        break;
    case 'g':
        fprintf(out, "0x%" PRIx64, (page + 0x200) * EL2_PAGE_SIZE);
        break;
    case 'r':
        fprintf(out, "ram+0x%" PRIx64, page * EL2_PAGE_SIZE);
        break;
    case 'p':
        fprintf(out, "ram+0x%" PRIx64, page);
        break;
    case 'd':
        fprintf(out, "dma+0x%" PRIx64, page * EL2_PAGE_SIZE);
        break;
    case 'B':
        fprintf(out, "ram+0x%" PRIx64, block * EL2_PAGE_SIZE);
        break;
    default: /* 'P' */
        fprintf(out, "ram+0x%" PRIx64, block);
        break;
    }
}

/* The text with its placeholders filled in; the caller frees it. */
static char *fill_in(const char *text, uint64_t index)
{
    char *filled = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&filled, &size);
    if (out == NULL) {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '{') {
            fputc(*at, out);
            continue;
        }
        const char *end = strchr(at, '}');
        substitute(at[1], end == at + 3 ? (uint64_t)(at[2] - '0') : 0, index,
                   out);
        at = end;
    }
    return fclose(out) == 0 ? filled : NULL;
}

static bool make(struct bench_mix *mix, const char *text)
{
    mix->programs = calloc(BENCH_PROGRAMS, sizeof *mix->programs);
    bool good = mix->programs != NULL;
    for (uint64_t i = 0; good && i < BENCH_PROGRAMS; i++) {
        struct program_error error;
        char *filled = fill_in(text, i);
        good = filled != NULL &&
               program_parse(filled, strlen(filled), &mix->programs[i], &error);
        free(filled);
    }
    return good;
}

bool bench_mix_pages(struct bench_mix *mix)
{
    mix->name = "pages";
    mix->says = "32 calls on 4 KiB pages, one page cleared";
    return make(mix, pages_text);
}

bool bench_mix_blocks(struct bench_mix *mix)
{
    mix->name = "blocks";
    mix->says = "9 calls with two 2 MiB blocks, 64 pages cleared";
    return make(mix, blocks_text);
}

void bench_mix_free(struct bench_mix *mix)
{
    free(mix->programs);
    mix->programs = NULL;
}
