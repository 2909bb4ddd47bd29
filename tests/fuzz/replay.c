/* What stands for libFuzzer where it is not: every file of the arguments (and of folders among them) once through the target. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/limit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long files;

static void
replay_file(const char *path)
{
    struct buf input;
    uint8_t *exact;

    buf_init(&input, LIMIT_INPUT_BYTES);
    if (file_read(path, &input) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    exact = malloc(input.n > 0 ? input.n : 1); /* so that a read behind it is seen */
    if (exact == NULL)
        abort();
    if (input.n > 0)
        memcpy(exact, input.p, input.n);
    (void)LLVMFuzzerTestOneInput(exact, input.n);
    free(exact);
    buf_release(&input);
    files++;
}

static void
replay(const char *path)
{
    struct stat status;
    struct dirent *entry;
    DIR *dir;

    if (stat(path, &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    if (!S_ISDIR(status.st_mode)) {
        replay_file(path);
        return;
    }
    dir = opendir(path);
    if (dir == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    while ((entry = readdir(dir)) != NULL) {
        char below[4096];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        replay(below);
    }
    closedir(dir);
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    if (files == 0) {
        fprintf(stderr, "nothing to replay\n");
        return 1;
    }
    printf("%lu passed, 0 failed\n", files);
    return 0;
}
