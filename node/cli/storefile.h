/* The file of a node's store, for words that read it beside the node. */
#ifndef CLI_STOREFILE_H
#define CLI_STOREFILE_H

#include "cli/args.h"
#include "conf/conf.h"

#define STOREFILE_PATH_MAX 1024

/* By the configuration in ${dir}. EXIT_DONE, or EXIT_FAILED after saying what is wrong. */
int storefile_find(const struct args *a, const char *dir, struct conf *conf, char path[STOREFILE_PATH_MAX]);

#endif
