/* Interrupts of a device tree (Devicetree Specification v0.4, section 2.4). */
#ifndef DEVICETREE_INTERRUPTS_H
#define DEVICETREE_INTERRUPTS_H

#include "devicetree/tree.h"

/* More than any SMMU has: 128 context banks and their global interrupts. */
#define DEVICETREE_INTERRUPT_LIMIT 256

/*
 * How many interrupts a node generates, by interrupts-extended or else by
 * interrupts; 0 when it has neither. False when the property is malformed,
 * names more than DEVICETREE_INTERRUPT_LIMIT, or when an interrupt parent is
 * missing or does not say how long its specifiers are.
 */
bool devicetree_interrupt_count(struct devicetree *tree, uint32_t node,
                                uint32_t *count);

#endif
