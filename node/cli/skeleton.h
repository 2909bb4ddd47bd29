/* Plugins to begin with, one a language: what `plugin new` writes, and docs/writing-a-plugin.md shows. */
#ifndef CLI_SKELETON_H
#define CLI_SKELETON_H

#include <stddef.h>

struct skeleton {
    const char *language;
    const char *end;     /* of the file's name */
    const char *command; /* of the configuration; %s: the plugin's name, once */
    const char *build;   /* a command for a shell in its folder, %s twice; "" = nothing to build */
    const char *text;
};

extern const struct skeleton skeleton_table[];
extern const struct skeleton
    skeleton_publish_table[];       /* of the same languages in the same order: those that publish */
extern const size_t skeleton_count; /* of each */

/* The configuration, with every key; %s: the command. */
extern const char skeleton_configuration[];
extern const char skeleton_publish_configuration[];

#endif
