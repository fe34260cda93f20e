#include "explore/saved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char magic[16] = "el2diff states\n";

/* Longest name of a file while it is written. */
#define PATH_SIZE 4096

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ (hash >> 32);
}

static uint64_t mix_platform(uint64_t hash, const struct el2_platform *platform)
{
    for (uint32_t i = 0; i < platform->region_count; i++) {
        hash = mix(hash, platform->regions[i].base);
        hash = mix(hash, platform->regions[i].page_count);
        hash = mix(hash, platform->regions[i].owner);
    }
    for (uint32_t i = 0; i < platform->smmu_count; i++) {
        hash = mix(hash, platform->smmus[i].base);
        hash = mix(hash, platform->smmus[i].bank_count);
    }
    hash = mix(hash, platform->el2_memory_base);
    hash = mix(hash, platform->core_vmid);
    hash = mix(hash, platform->vcpus_per_vm);
    hash = mix(hash, platform->images_per_vm);
    hash = mix(hash, platform->max_share_count);
    return mix(hash, platform->max_dma_count);
}

uint64_t saved_identity(const struct exploration *exploration)
{
    const struct program *domain = exploration->domain;
    uint64_t hash = mix(exploration->folds, domain->call_count);
    hash = mix_platform(hash, &exploration->pair->platform);
    for (size_t i = 0; i < domain->call_count; i++) {
        const struct program_call *call = &domain->calls[i];
        hash = mix(hash, call->number);
        for (uint32_t k = 0; k < el2_calls[call->number].argument_count; k++) {
            hash = mix(hash, call->operands[k].base);
            hash = mix(hash, call->operands[k].value);
        }
    }
    return hash;
}

static bool refuse(char *why, size_t size, const char *path, const char *what)
{
    snprintf(why, size, "%.80s: %s", path, what);
    return false;
}

static bool load(struct saved_exploration *saved, FILE *file, const char **what)
{
    char begin[sizeof magic];
    uint64_t identity;
    *what = "is no exploration that was kept, or a damaged one";
    if (fread(begin, sizeof begin, 1, file) != 1 ||
        memcmp(begin, magic, sizeof magic) != 0 ||
        fread(&identity, sizeof identity, 1, file) != 1) {
        return false;
    }
    if (identity != saved->identity) {
        *what = "is of another platform, other calls or another folding";
        return false;
    }
    return fread(saved->counts, sizeof *saved->counts, 1, file) == 1 &&
           visited_load(saved->visited, file) &&
           frontier_load(saved->now, file) && frontier_load(saved->next, file);
}

enum saved_result saved_load(struct saved_exploration *saved, const char *path,
                             char *why, size_t why_size)
{
    FILE *file = fopen(path, "rb");
    const char *what;
    if (file == NULL) {
        if (errno == ENOENT) {
            return SAVED_NOTHING;
        }
        refuse(why, why_size, path, strerror(errno));
        return SAVED_REFUSED;
    }
    bool loaded = load(saved, file, &what);
    fclose(file);
    if (!loaded) {
        refuse(why, why_size, path, what);
    }
    return loaded ? SAVED_LOADED : SAVED_REFUSED;
}

static bool write_all(struct saved_exploration *saved, FILE *file)
{
    return fwrite(magic, sizeof magic, 1, file) == 1 &&
           fwrite(&saved->identity, sizeof saved->identity, 1, file) == 1 &&
           fwrite(saved->counts, sizeof *saved->counts, 1, file) == 1 &&
           visited_save(saved->visited, file) &&
           frontier_save(saved->now, file) && frontier_save(saved->next, file);
}

bool saved_write(struct saved_exploration *saved, const char *path, char *why,
                 size_t why_size)
{
    char temporary[PATH_SIZE];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = length > 0 && (size_t)length < sizeof temporary
                     ? fopen(temporary, "wb")
                     : NULL;
    if (file == NULL) {
        return refuse(why, why_size, path, strerror(errno));
    }
    bool written = write_all(saved, file);
    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        refuse(why, why_size, path, strerror(errno));
        remove(temporary);
        return false;
    }
    return true;
}
