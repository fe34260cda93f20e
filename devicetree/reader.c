#include "devicetree/reader.h"

#include "devicetree/limits.h"
#include "devicetree/memory.h"
#include "devicetree/smmu.h"
#include "devicetree/tree.h"

#include <string.h>

static void set_name(struct el2_platform *platform, const char *name)
{
    size_t length = 0;
    for (; name[length] != '\0' && length < EL2_PLATFORM_NAME_SIZE - 1;
         length++) {
        char c = name[length];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        } else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            c = '-';
        }
        platform->name[length] = c;
    }
    if (length == 0) {
        strcpy(platform->name, "unnamed");
    }
}

/* Each part needs what those before it have read. */
static bool read_parts(struct devicetree *tree, struct el2_platform *platform)
{
    uint32_t el2;
    uint32_t smmu_nodes[EL2_SMMU_LIMIT];
    return devicetree_find_el2(tree, &el2) &&
           devicetree_read_smmus(tree, platform, smmu_nodes) &&
           devicetree_read_limits(tree, el2, platform) &&
           devicetree_read_memory(tree, el2, smmu_nodes, platform);
}

bool devicetree_read(const void *bytes, size_t size, const char *name,
                     struct el2_platform *platform, char *why, size_t why_size)
{
    struct devicetree tree;
    bool understood;
    el2_platform_defaults(platform);
    set_name(platform, name);
    if (!devicetree_open(&tree, bytes, size, why, why_size)) {
        return false;
    }
    understood = read_parts(&tree, platform);
    devicetree_close(&tree);
    return understood;
}
