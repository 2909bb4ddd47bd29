#include "watch/borders_find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"

#define FILE_NAME "share/parallax/countries-50m.json"

/* Beside the directory of the program: PREFIX/bin and PREFIX/share, or build/release/bin and build/share. */
static bool
find_beside(char path[BORDERS_PATH_MAX])
{
    static const char *const up[] = {"/../", "/../../"};
    char program[BORDERS_PATH_MAX / 2];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    if (n <= 0)
        return false;
    program[n] = 0;
    slash = strrchr(program, '/');
    if (slash == NULL)
        return false;
    *slash = 0;
    for (size_t i = 0; i < sizeof up / sizeof *up; i++) {
        (void)snprintf(path, BORDERS_PATH_MAX, "%s%s" FILE_NAME, program, up[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

int
borders_find_path(const char *given, char path[BORDERS_PATH_MAX])
{
    if (given == NULL)
        given = getenv("PARALLAX_BORDERS");
    if (given == NULL)
        return find_beside(path) ? 1 : 0;
    (void)snprintf(path, BORDERS_PATH_MAX, "%s", given);
    return 1;
}

int
borders_find(struct borders *b, const char *given, char path[BORDERS_PATH_MAX], struct why *why)
{
    struct buf bytes;
    int rc;

    if (borders_find_path(given, path) == 0)
        return 0;
    buf_init(&bytes, LIMIT_BORDERS_BYTES);
    if (file_read(path, &bytes) != 0)
        rc = why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    else
        rc = borders_read(b, buf_span(&bytes), why);
    buf_release(&bytes);
    return rc == 0 ? 1 : -1;
}
