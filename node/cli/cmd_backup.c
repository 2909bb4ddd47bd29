/* backup: a copy of a node's store, made beside the node, which goes on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/storefile.h"
#include "store/store.h"

#define PATH_BYTES STOREFILE_PATH_MAX

/* ${to}, or a file in it that is named after the node and the time. */
static void
name_file(const char *to, const char *node, char path[PATH_BYTES])
{
    struct stat st;
    struct tm tm;
    time_t now = time(NULL);
    char when[32] = "";
    if (stat(to, &st) != 0 || !S_ISDIR(st.st_mode)) {
        (void)snprintf(path, PATH_BYTES, "%s", to);
        return;
    }
    if (gmtime_r(&now, &tm) != NULL)
        (void)strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
    (void)snprintf(path, PATH_BYTES, "%.700s/%.64s-%s.db", to, node, when);
}

/* Under another name until it is whole and marked: nobody takes half a copy for one. */
static int
copy(const struct args *a, const char *from, const char *to)
{
    char part[PATH_BYTES + 8], error[128];
    struct stat st;
    int fd;
    (void)snprintf(part, sizeof part, "%s.part", to);
    if (lstat(to, &st) == 0)
        return args_fail(a, "%s: is there already", to);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return args_fail(a, "%s: %s", part, strerror(errno));
    (void)close(fd);
    if (store_copy(from, part, error, sizeof error) != 0) {
        (void)unlink(part);
        return args_fail(a, "%s: %s", to, error);
    }
    if (rename(part, to) != 0) {
        int status = args_fail(a, "%s: %s", to, strerror(errno));
        (void)unlink(part);
        return status;
    }
    return EXIT_DONE;
}

int
cmd_backup(int argc, char **argv)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    struct args a;
    struct conf conf;
    struct stat st;
    int status;
    if (!args_read(&a, "backup", 1, 1, argc, argv, &status))
        return status;
    const char *dir = args_node(&a);
    if (dir == NULL)
        return args_usage(&a, "expected --node DIR or PARALLAX_NODE: the directory of the node");
    status = storefile_find(&a, dir, &conf, from);
    if (status != EXIT_DONE)
        return status;
    name_file(a.at[0], conf.name, to);
    status = copy(&a, from, to);
    if (status == EXIT_DONE && stat(to, &st) == 0)
        printf("%s: %lld bytes, marked as a copy: a node that starts on it goes on in new logs\n", to,
               (long long)st.st_size);
    return status;
}
