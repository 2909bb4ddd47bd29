/* Is a record one of those that a plugin asked for? Pure. */
#ifndef PLUG_FILTER_H
#define PLUG_FILTER_H

#include "core/row.h"
#include "base/utc.h"
#include "plug/stanza.h"

/*
 * Types, origins, classes, modes, region and expression, all of them. A record that cannot be read fits only where nothing of its inside is asked for. ${now}: for figures
 * that change with time.
 */
bool filter_fits(const struct stanza *s, const struct row *r, struct utc now);
/* Does the record itself name the object that is asked for? The node finds it by all identifiers of the object (TailRequest.object): this is for where there is no node. */
bool filter_is_about(const struct stanza *s, const struct row *r);

#endif
