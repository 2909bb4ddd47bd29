#include "cli/storefile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
storefile_find(const struct args *a, const char *dir, struct conf *conf, char path[STOREFILE_PATH_MAX])
{
    struct why why;

    why_clear(&why);
    (void)snprintf(path, STOREFILE_PATH_MAX, "%.480s/node.yaml", dir);
    if (conf_load(path, conf, &why) != 0)
        return args_refuse(&why, path);
    if (conf->store_path[0] == '/')
        (void)snprintf(path, STOREFILE_PATH_MAX, "%s", conf->store_path);
    else
        (void)snprintf(path, STOREFILE_PATH_MAX, "%.480s/%s", dir, conf->store_path);
    return access(path, R_OK) == 0 ? EXIT_DONE : args_fail(a, "%s: %s", path, strerror(errno));
}
