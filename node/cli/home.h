/* Where the plugins of a node are, as its configuration says; for words that need no running node. */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include "cli/args.h"
#include "conf/conf.h"

#define HOME_PATH_MAX 4096

struct home {
    struct conf conf;
    char folder[HOME_PATH_MAX];
};

/* Of the node that --node or PARALLAX_NODE names; ${name} must be one that a plugin may have. EXIT_DONE, or another code after saying what is
 * wrong. */
int home_find(const struct args *a, const char *name, struct home *out);
/* "${folder}/${name}${end}" */
void home_path(const struct home *p, const char *name, const char *end, char out[HOME_PATH_MAX]);

#endif
