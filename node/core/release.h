/* Who may hold what (DESIGN section 1.3): the one function that every path asks. Deny by default. Pure. */
#ifndef CORE_RELEASE_H
#define CORE_RELEASE_H

#include "core/roster.h"
#include "core/rows.h"

/* The reader that may see what this node's own people and programs see. */
#define RELEASE_LOCAL ""

/*
 * May ${reader} (a node name, or RELEASE_LOCAL) hold ${log} under ${roster}? `open` logs: every current
 * member. An origin may always hold its own logs. A log whose descriptor is not held yet, or of an audience
 * that is not open: nobody else.
 */
bool may_release(const char *reader, const struct store_log *log, const struct roster *roster);

#endif
