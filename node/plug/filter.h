/* Is a record one of those that a plugin asked for? Pure. */
#ifndef PLUG_FILTER_H
#define PLUG_FILTER_H

#include "core/row.h"
#include "plug/stanza.h"

/* Types, origins, classes, modes and object, all of them. A record that cannot be read fits only where nothing of its inside is asked for. */
bool filter_fits(const struct stanza *s, const struct row *r);

#endif
