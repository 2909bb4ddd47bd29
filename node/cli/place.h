/* Where the plugins of a node are, as its configuration says; for words that need no running node. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli/args.h"
#include "conf/conf.h"

#define PLACE_PATH_MAX 4096

struct place {
    struct conf conf;
    char folder[PLACE_PATH_MAX];
};

/* Of the node that --node or PARALLAX_NODE names; ${name} must be one that a plugin may have. EXIT_DONE, or another code after saying what is
 * wrong. */
int place_find(const struct args *a, const char *name, struct place *out);
/* "${folder}/${name}${end}" */
void place_path(const struct place *p, const char *name, const char *end, char out[PLACE_PATH_MAX]);

#endif
