#include "devicetree/tree.h"

#include "devicetree/blob.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for the paths of real boards. */
#define PATH_SIZE 160

/* Devicetree Specification 2.3.5: what a node has that does not say. */
#define DEFAULT_ADDRESS_CELLS 2
#define DEFAULT_SIZE_CELLS    1

const char *devicetree_name(const struct devicetree *tree, uint32_t node)
{
    const char *name = fdt_get_name(tree->blob, tree->nodes[node].offset, NULL);
    return name == NULL ? "" : name;
}

char *devicetree_path(const struct devicetree *tree, uint32_t node, char *path,
                      size_t size)
{
    static const char cut[] = "...";
    size_t start = size - 1;
    path[start] = '\0';
    if (node == DEVICETREE_ROOT) {
        path[--start] = '/';
    }
    while (node != DEVICETREE_ROOT) {
        const char *name = devicetree_name(tree, node);
        size_t length = strlen(name);
        if (length + 1 + sizeof(cut) > start) {
            start -= sizeof(cut) - 1;
            memcpy(path + start, cut, sizeof(cut) - 1);
            break;
        }
        start -= length;
        memcpy(path + start, name, length);
        path[--start] = '/';
        node = tree->nodes[node].parent;
    }
    memmove(path, path + start, size - start);
    return path;
}

bool devicetree_refuse(struct devicetree *tree, uint32_t node,
                       const char *property, const char *format, ...)
{
    char path[PATH_SIZE];
    va_list arguments;
    int length;
    devicetree_path(tree, node, path, sizeof(path));
    if (property == NULL) {
        length = snprintf(tree->why, tree->why_size, "%s: ", path);
    } else {
        const char *separator = node == DEVICETREE_ROOT ? "" : "/";
        length = snprintf(tree->why, tree->why_size, "%s%s%s: ", path,
                          separator, property);
    }
    if (length < 0 || (size_t)length >= tree->why_size) {
        return false;
    }
    va_start(arguments, format);
    vsnprintf(tree->why + length, tree->why_size - (size_t)length, format,
              arguments);
    va_end(arguments);
    return false;
}

const unsigned char *devicetree_property(const struct devicetree *tree,
                                         uint32_t node, const char *name,
                                         uint32_t *size)
{
    int length = 0;
    const void *value =
        fdt_getprop(tree->blob, tree->nodes[node].offset, name, &length);
    *size = value == NULL ? 0 : (uint32_t)length;
    return value;
}

bool devicetree_property_is(const struct devicetree *tree, uint32_t node,
                            const char *name, const char *string)
{
    uint32_t size;
    const unsigned char *value = devicetree_property(tree, node, name, &size);
    return value != NULL && size == strlen(string) + 1 &&
           memcmp(value, string, size) == 0;
}

bool devicetree_is_compatible(const struct devicetree *tree, uint32_t node,
                              const char *name)
{
    uint32_t size;
    const unsigned char *value =
        devicetree_property(tree, node, "compatible", &size);
    return value != NULL &&
           fdt_stringlist_contains((const char *)value, (int)size, name) != 0;
}

uint64_t devicetree_cells(const unsigned char *cells, uint32_t count)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 4 * count; i++) {
        value = (value << 8) | cells[i];
    }
    return value;
}

bool devicetree_cell(struct devicetree *tree, uint32_t node, const char *name,
                     bool *present, uint32_t *value)
{
    uint32_t size;
    const unsigned char *cell = devicetree_property(tree, node, name, &size);
    *present = cell != NULL;
    if (cell == NULL) {
        return true;
    }
    if (size != 4) {
        return devicetree_refuse(
            tree, node, name, "%" PRIu32 " bytes, must be one cell of 4", size);
    }
    *value = (uint32_t)devicetree_cells(cell, 1);
    return true;
}

/* Devicetree Specification 2.3.4, and what Linux takes for "okay" too. */
static bool says_enabled(const struct devicetree *tree, uint32_t node)
{
    uint32_t size;
    return devicetree_property(tree, node, "status", &size) == NULL ||
           devicetree_property_is(tree, node, "status", "okay") ||
           devicetree_property_is(tree, node, "status", "ok");
}

static bool read_phandle(struct devicetree *tree, uint32_t node,
                         uint32_t *phandle)
{
    bool present;
    *phandle = 0;
    if (!devicetree_cell(tree, node, "phandle", &present, phandle)) {
        return false;
    }
    if (!present &&
        !devicetree_cell(tree, node, "linux,phandle", &present, phandle)) {
        return false;
    }
    if (present && (*phandle == 0 || *phandle == UINT32_MAX)) {
        return devicetree_refuse(tree, node, "phandle",
                                 "0x%" PRIx32 " is not a phandle", *phandle);
    }
    return true;
}

static bool read_node(struct devicetree *tree, uint32_t node)
{
    struct devicetree_node *read = &tree->nodes[node];
    bool present;
    read->address_cells = DEFAULT_ADDRESS_CELLS;
    read->size_cells = DEFAULT_SIZE_CELLS;
    read->enabled =
        says_enabled(tree, node) &&
        (node == DEVICETREE_ROOT || tree->nodes[read->parent].enabled);
    return devicetree_cell(tree, node, "#address-cells", &present,
                           &read->address_cells) &&
           devicetree_cell(tree, node, "#size-cells", &present,
                           &read->size_cells) &&
           read_phandle(tree, node, &read->phandle);
}

/* Number the nodes in the order of the structure block. */
static bool read_nodes(struct devicetree *tree)
{
    uint32_t open[DEVICETREE_DEPTH_LIMIT];
    int depth = -1;
    int offset = -1;
    for (uint32_t node = 0; node < tree->node_count; node++) {
        offset = fdt_next_node(tree->blob, offset, &depth);
        if (offset < 0 || depth < 0 || depth >= DEVICETREE_DEPTH_LIMIT) {
            snprintf(tree->why, tree->why_size, "structure block: %s",
                     fdt_strerror(offset));
            return false;
        }
        open[depth] = node;
        tree->nodes[node].offset = offset;
        tree->nodes[node].parent =
            depth == 0 ? DEVICETREE_NO_NODE : open[depth - 1];
        if (!read_node(tree, node)) {
            return false;
        }
    }
    return true;
}

struct phandle_entry {
    uint32_t phandle;
    uint32_t node;
};

static int compare_phandles(const void *a, const void *b)
{
    const struct phandle_entry *left = a;
    const struct phandle_entry *right = b;
    return (left->phandle > right->phandle) - (left->phandle < right->phandle);
}

static bool sort_phandles(struct devicetree *tree)
{
    struct phandle_entry *entries = malloc(tree->node_count * sizeof(*entries));
    uint32_t count = 0;
    bool unique = true;
    if (entries == NULL) {
        snprintf(tree->why, tree->why_size, "not enough memory");
        return false;
    }
    for (uint32_t node = 0; node < tree->node_count; node++) {
        if (tree->nodes[node].phandle != 0) {
            entries[count++] =
                (struct phandle_entry){tree->nodes[node].phandle, node};
        }
    }
    qsort(entries, count, sizeof(*entries), compare_phandles);
    for (uint32_t i = 0; i < count && unique; i++) {
        tree->by_phandle[i] = entries[i].node;
        if (i > 0 && entries[i].phandle == entries[i - 1].phandle) {
            char other[PATH_SIZE];
            unique = devicetree_refuse(
                tree, entries[i].node, "phandle",
                "0x%" PRIx32 " is also that of %s", entries[i].phandle,
                devicetree_path(tree, entries[i - 1].node, other,
                                sizeof(other)));
        }
    }
    tree->phandle_count = count;
    free(entries);
    return unique;
}

uint32_t devicetree_by_phandle(const struct devicetree *tree, uint32_t phandle)
{
    uint32_t low = 0;
    uint32_t high = tree->phandle_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t node = tree->by_phandle[middle];
        if (tree->nodes[node].phandle == phandle) {
            return node;
        }
        if (tree->nodes[node].phandle < phandle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return DEVICETREE_NO_NODE;
}

static bool open_copy(struct devicetree *tree, const void *bytes, size_t size)
{
    /* One byte at least: malloc(0) may be NULL. */
    tree->blob = malloc(size + 1);
    if (tree->blob == NULL) {
        snprintf(tree->why, tree->why_size, "not enough memory");
        return false;
    }
    if (size > 0) {
        memcpy(tree->blob, bytes, size);
    }
    if (!devicetree_blob_check(tree->blob, size, &tree->node_count, tree->why,
                               tree->why_size)) {
        return false;
    }
    tree->nodes = calloc(tree->node_count, sizeof(*tree->nodes));
    tree->by_phandle = calloc(tree->node_count, sizeof(*tree->by_phandle));
    if (tree->nodes == NULL || tree->by_phandle == NULL) {
        snprintf(tree->why, tree->why_size, "not enough memory");
        return false;
    }
    return read_nodes(tree) && sort_phandles(tree);
}

bool devicetree_open(struct devicetree *tree, const void *bytes, size_t size,
                     char *why, size_t why_size)
{
    *tree = (struct devicetree){.why = why, .why_size = why_size};
    if (!open_copy(tree, bytes, size)) {
        devicetree_close(tree);
        return false;
    }
    return true;
}

void devicetree_close(struct devicetree *tree)
{
    free(tree->by_phandle);
    free(tree->nodes);
    free(tree->blob);
    *tree = (struct devicetree){.blob = NULL};
}
