#include "cli/home.h"

#include <stdio.h>

#include "plug/stanza.h"

int
home_find(const struct args *a, const char *name, struct home *out)
{
    const char *dir = args_node(a);
    char path[HOME_PATH_MAX];
    struct why why;

    if (dir == NULL)
        return args_usage(a, "which node? Expected --node DIR, or PARALLAX_NODE in the environment");
    if (!stanza_is_name(name))
        return args_usage(a, "%.64s is no name of a plugin: expected a lower-case word of at most %d letters",
                          name, STANZA_NAME_MAX);
    why_clear(&why);
    if (snprintf(path, sizeof path, "%s/node.yaml", dir) >= (int)sizeof path - CONF_TEXT_MAX)
        return args_usage(a, "the name of the directory is too long");
    if (conf_load(path, &out->conf, &why) != 0)
        return args_refuse(&why, path);
    if (out->conf.plugins[0] == '/')
        (void)snprintf(out->folder, sizeof out->folder, "%s", out->conf.plugins);
    else if (snprintf(out->folder, sizeof out->folder, "%s/%s", dir, out->conf.plugins) < 0)
        return args_fail(a, "no folder");
    return EXIT_DONE;
}

void
home_path(const struct home *p, const char *name, const char *end, char out[HOME_PATH_MAX])
{
    if (snprintf(out, HOME_PATH_MAX, "%s/%s%s", p->folder, name, end) >= HOME_PATH_MAX)
        out[0] = '\0'; /* opens nothing */
}
