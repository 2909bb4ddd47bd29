/* The plugins of a node as its status tells of them. */
#ifndef CLI_PLUGINS_H
#define CLI_PLUGINS_H

#include "api.pb-c.h"
#include "base/buf.h"

/* A table, to standard output. */
void plugins_print(const Parallax__V1__StatusAnswer *s);
/* One JSON object; in a list, or a line of its own. */
void plugins_json(const Parallax__V1__StatusAnswer *s, const Parallax__V1__PluginStatus *p, struct buf *out);

#endif
