/* plugin new: a folder, a program and a configuration to begin with. No node. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/home.h"
#include "cli/screen.h"
#include "cli/skeleton.h"

static const struct skeleton *
find(const char *language, bool publishes)
{
    for (size_t i = 0; language != NULL && i < skeleton_count; i++) {
        if (strcmp(skeleton_table[i].language, language) == 0)
            return publishes ? &skeleton_publish_table[i] : &skeleton_table[i];
    }
    return NULL;
}

/* ${format} with every %s replaced: formats of ours, but no literals. */
static void
put(struct buf *out, const char *format, const char *word)
{
    const char *at;

    while ((at = strstr(format, "%s")) != NULL) {
        buf_put(out, format, (size_t)(at - format));
        buf_put_str(out, word);
        format = at + 2;
    }
    buf_put_str(out, format);
}

static int
make(const struct args *a, const char *path, struct span content, unsigned mode)
{
    if (file_create(path, content, mode) == 0)
        return EXIT_DONE;
    return args_fail(a, "%s: %s", path, strerror(errno));
}

static int
write_all(const struct args *a, const struct home *home, const char *name, const struct skeleton *s)
{
    char path[HOME_PATH_MAX], program[HOME_PATH_MAX];
    struct buf command, text;
    int status;

    if ((mkdir(home->folder, 0700) != 0 && errno != EEXIST) ||
        (home_path(home, name, "", path), mkdir(path, 0700) != 0 && errno != EEXIST))
        return args_fail(a, "%s: %s", home->folder, strerror(errno));
    if (snprintf(program, sizeof program, "%s/%s%s", path, name, s->end) >= (int)sizeof program)
        return args_fail(a, "the name of the directory is too long");
    status = make(a, program, span_str(s->text), 0600);
    buf_init(&command, 4096);
    buf_init(&text, 65536);
    put(&command, s->command, name);
    put(&text, args_has(a, "publish") ? skeleton_publish_configuration : skeleton_configuration,
        buf_cstr(&command));
    home_path(home, name, ".yaml", path);
    if (status == EXIT_DONE)
        status = make(a, path, buf_span(&text), 0600);
    buf_clear(&command);
    put(&command, s->build, name);
    if (status == EXIT_DONE) {
        printf("%s: what it does\n%s: when, and within which limits\n", program, path);
        if (command.n > 0)
            printf("build it:  (cd %s/%s && %s)\n", home->folder, name, buf_cstr(&command));
        printf("try it:    parallax --node %s plugin test %s%s\nrun it:    enabled: true in %s\n",
               args_node(a), name, args_has(a, "publish") ? "" : " FILE", path);
    }
    buf_release(&command);
    buf_release(&text);
    return status;
}

int
cmd_plugin_new(int argc, char **argv)
{
    struct args a;
    struct home home;
    const struct skeleton *s;
    int status;

    if (!args_read(&a, "plugin new", 1, 1, argc, argv, &status))
        return status;
    s = find(args_get(&a, "lang"), args_has(&a, "publish"));
    if (s == NULL)
        return args_usage(&a, "expected --lang python, sh, c or node");
    status = home_find(&a, a.at[0], &home);
    return status == EXIT_DONE ? write_all(&a, &home, a.at[0], s) : status;
}
