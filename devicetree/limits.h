/*
 * The node that says what EL2 and its machine are limited to: compatible
 * "el2diff,el2". docs/platforms.md documents its properties.
 */
#ifndef DEVICETREE_LIMITS_H
#define DEVICETREE_LIMITS_H

#include "devicetree/tree.h"
#include "el2/platform.h"

/* The compatible string of that node. */
#define DEVICETREE_EL2_COMPATIBLE "el2diff,el2"

/* That node, or DEVICETREE_NO_NODE. False when there are several. */
bool devicetree_find_el2(struct devicetree *tree, uint32_t *el2);

/*
 * Limits, pool sizes, DMA offset and boot pattern into a platform that has
 * defaults and its SMMUs. What the node does not say, and everything when el2
 * is DEVICETREE_NO_NODE, keeps its default. False when a value is out of
 * bounds or malformed or a property is unknown.
 */
bool devicetree_read_limits(struct devicetree *tree, uint32_t el2,
                            struct el2_platform *platform);

#endif
