#include "devicetree/known.h"

#include <string.h>

/* Made by cmake/embed.cmake, one file each. */
extern const struct known_platform known_platform_tiny;
extern const struct known_platform known_platform_qemu_virt_2g;
extern const struct known_platform known_platform_two_socket;
extern const struct known_platform known_platform_bench_16m;
extern const struct known_platform known_platform_bench_16g;
extern const struct known_platform known_platform_explore_pages;
extern const struct known_platform known_platform_explore_calls;

static const struct known_platform *const platforms[] = {
    &known_platform_tiny,          &known_platform_qemu_virt_2g,
    &known_platform_two_socket,    &known_platform_bench_16m,
    &known_platform_bench_16g,     &known_platform_explore_pages,
    &known_platform_explore_calls,
};

size_t known_platform_count(void)
{
    return sizeof(platforms) / sizeof(platforms[0]);
}

const struct known_platform *known_platform_at(size_t index)
{
    return platforms[index];
}

const struct known_platform *known_platform_find(const char *name)
{
    for (size_t i = 0; i < known_platform_count(); i++) {
        if (strcmp(platforms[i]->name, name) == 0) {
            return platforms[i];
        }
    }
    return NULL;
}
