#include "devicetree/known.h"
#include "devicetree/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *string, const char *end)
{
    size_t length = strlen(string);
    return length >= strlen(end) &&
           strcmp(string + length - strlen(end), end) == 0;
}

/* The last part of a path, without what follows its first dot. */
static void name_of_path(const char *path, char name[EL2_PLATFORM_NAME_SIZE])
{
    const char *slash = strrchr(path, '/');
    const char *last = slash == NULL ? path : slash + 1;
    snprintf(name, EL2_PLATFORM_NAME_SIZE, "%.*s", (int)strcspn(last, "."),
             last);
}

/* A word that is neither: say what would have been one. */
static void refuse_word(char *why, size_t why_size)
{
    size_t used = (size_t)snprintf(why, why_size,
                                   "neither a file nor a built-in platform (");
    for (size_t i = 0; i < known_platform_count() && used < why_size; i++) {
        used +=
            (size_t)snprintf(why + used, why_size - used, "%s%s",
                             i == 0 ? "" : ", ", known_platform_at(i)->name);
    }
    if (used < why_size) {
        snprintf(why + used, why_size - used, ")");
    }
}

static bool looks_like_path(const char *name)
{
    return strpbrk(name, "/.") != NULL;
}

static bool load_file(const char *path, struct el2_platform *platform,
                      char *why, size_t why_size)
{
    void *tree;
    size_t size;
    char name[EL2_PLATFORM_NAME_SIZE];
    bool understood;
    if (!(ends_in(path, ".dts")
              ? devicetree_source_compile(path, &tree, &size, why, why_size)
              : devicetree_source_read(path, &tree, &size, why, why_size))) {
        return false;
    }
    name_of_path(path, name);
    understood = devicetree_read(tree, size, name, platform, why, why_size);
    free(tree);
    return understood;
}

bool platform_load(const char *name_or_path, struct el2_platform *platform,
                   char *why, size_t why_size)
{
    const struct known_platform *known = known_platform_find(name_or_path);
    FILE *file;
    if (known != NULL) {
        return devicetree_read(known->tree, known->size, known->name, platform,
                               why, why_size);
    }
    if (!looks_like_path(name_or_path)) {
        file = fopen(name_or_path, "rb");
        if (file == NULL) {
            refuse_word(why, why_size);
            return false;
        }
        fclose(file);
    }
    return load_file(name_or_path, platform, why, why_size);
}
