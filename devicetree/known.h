/* Platforms by name or by file. */
#ifndef DEVICETREE_KNOWN_H
#define DEVICETREE_KNOWN_H

#include "devicetree/reader.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>

/* A platform that is built in: a compiled file of platforms/. */
struct known_platform {
    const char *name;
    const unsigned char *tree; /* a device tree blob */
    size_t size;               /* of it, bytes */
};

/* The platform that is meant when none is named. */
#define KNOWN_PLATFORM_DEFAULT "tiny"

size_t known_platform_count(void);

/* By index, below known_platform_count(). */
const struct known_platform *known_platform_at(size_t index);

/* NULL when no built-in platform has that name. */
const struct known_platform *known_platform_find(const char *name);

/*
 * The built-in platform of that name or else the one in a file: a device tree
 * source when the path ends in ".dts", compiled by the program dtc, and a blob
 * otherwise. The platform of a file is named after it.
 *
 * False when there is no such thing or it is refused: `why` says so in one
 * line, without the name, and without a line end.
 */
bool platform_load(const char *name_or_path, struct el2_platform *platform,
                   char *why, size_t why_size);

#endif
