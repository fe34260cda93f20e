/*
 * What a host does before it has a VM verified: it announces images and names
 * their pages. Calls that are drawn one by one nearly never make an image that
 * is whole, so that what verification gives a VM would hardly be tested.
 */
#ifndef FUZZ_BOOT_DRAW_H
#define FUZZ_BOOT_DRAW_H

#include "fuzz/draft.h"

/* Most calls that are appended. */
#define BOOT_CALLS 32

/* Append to the draft, from where its guide is, an image or two of the VM that
 * the operand names, as far as each call changes something. There must be room
 * for BOOT_CALLS. */
void boot_append_images(struct draft *draft, struct operand vm);

#endif
