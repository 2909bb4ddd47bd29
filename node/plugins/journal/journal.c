#include "plugins/journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define PREFIX "journal-"
#define END    ".ndjson"

/* The number that a name holds, with the incarnation in ${incarnation}. False: it is no file of ours. */
static bool
parse_name(const char *name, char incarnation[LINE_INCARNATION_MAX], uint64_t *number)
{
    size_t n = strlen(name), head = strlen(PREFIX), hex = LINE_INCARNATION_MAX - 1;

    if (n <= head + hex + 1 + strlen(END) || strncmp(name, PREFIX, head) != 0 || name[head + hex] != '-' ||
        strcmp(name + n - strlen(END), END) != 0)
        return false;
    memcpy(incarnation, name + head, hex);
    incarnation[hex] = '\0';
    return num_uint(span_of(name + head + hex + 1, n - head - hex - 1 - strlen(END)), UINT64_MAX, number) ==
           0;
}

/* The file that was written last. Nanoseconds of the change tell: numbers of two incarnations do not. */
static int
find_newest(struct journal *j)
{
    int fd = dup(j->folder);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct timespec newest = {0, 0};
    uint64_t first = 0;

    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL) {
        char incarnation[LINE_INCARNATION_MAX];
        struct stat st;
        uint64_t number;
        if (!parse_name(entry->d_name, incarnation, &number) ||
            fstatat(j->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        if (j->name[0] != '\0' && (st.st_mtim.tv_sec < newest.tv_sec ||
                                   (st.st_mtim.tv_sec == newest.tv_sec &&
                                    (st.st_mtim.tv_nsec < newest.tv_nsec ||
                                     (st.st_mtim.tv_nsec == newest.tv_nsec && number < first)))))
            continue;
        newest = st.st_mtim;
        first = number;
        (void)snprintf(j->name, sizeof j->name, "%.90s", entry->d_name);
        memcpy(j->incarnation, incarnation, sizeof j->incarnation);
    }
    return closedir(folder);
}

/* Keep the whole lines of the open file, and learn the number of the last of them. */
static int
mend_end(struct journal *j, struct buf *tail)
{
    struct stat st;
    uint64_t at, end;
    size_t n, last = 0, before = 0;
    uint8_t *p;
    const struct value *root;
    struct arena arena;
    struct why why;

    if (fstat(j->fd, &st) != 0)
        return -1;
    end = (uint64_t)st.st_size;
    n = end < tail->max ? (size_t)end : tail->max;
    at = end - n;
    p = n > 0 ? buf_add(tail, n) : NULL;
    if (n > 0 && (p == NULL || pread(j->fd, p, n, (off_t)at) != (ssize_t)n))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n') {
            before = last;
            last = i + 1;
        }
    }
    if (last == 0 && at > 0) { /* a line longer than any: not ours */
        errno = EMSGSIZE;
        return -1;
    }
    j->bytes = at + last;
    if (j->bytes < end && ftruncate(j->fd, (off_t)j->bytes) != 0)
        return -1;
    if (last == 0)
        return 0;
    why_clear(&why);
    arena_init(&arena, LIMIT_PLUGIN_TREE_BYTES);
    root = value_read(span_of(p + before, last - before - 1), &arena, &why);
    if (value_uint(root, "delivery.number", UINT64_MAX, &j->number) != 0)
        j->number = 0; /* edited by hand: nothing is taken for known */
    arena_release(&arena);
    return 0;
}

int
journal_open(struct journal *j, const char *folder, uint64_t bytes_max)
{
    struct buf tail;
    int rc;

    memset(j, 0, sizeof *j);
    j->fd = -1;
    j->bytes_max = bytes_max;
    j->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->folder < 0 || find_newest(j) != 0)
        return -1;
    if (j->name[0] == '\0')
        return 0;
    j->fd = openat(j->folder, j->name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (j->fd < 0)
        return -1;
    buf_init(&tail, 2 * (size_t)LIMIT_PLUGIN_LINE_BYTES);
    rc = mend_end(j, &tail);
    buf_release(&tail);
    return rc;
}

void
journal_close(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    if (j->folder >= 0)
        close(j->folder);
    j->fd = j->folder = -1;
}

static int
begin_file(struct journal *j, const char *incarnation, uint64_t number)
{
    if (j->fd >= 0 && (fsync(j->fd) != 0 || close(j->fd) != 0))
        return -1;
    (void)snprintf(j->incarnation, sizeof j->incarnation, "%s", incarnation);
    (void)snprintf(j->name, sizeof j->name, PREFIX "%s-%020" PRIu64 END, j->incarnation, number);
    j->bytes = 0;
    j->number = 0;
    j->fd = openat(j->folder, j->name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return j->fd < 0 || fsync(j->folder) != 0 ? -1 : 0;
}

static int
write_all(struct journal *j, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        ssize_t done = write(j->fd, p, n);
        if (done < 0 && errno != EINTR)
            return -1;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
        j->bytes += done > 0 ? (uint64_t)done : 0;
    }
    return 0;
}

int
journal_add(struct journal *j, const char *incarnation, uint64_t number, struct span text)
{
    bool same = j->fd >= 0 && strcmp(incarnation, j->incarnation) == 0;
    uint8_t hex[(LINE_INCARNATION_MAX - 1) / 2];

    if (same && number <= j->number)
        return 0;
    if (text_unhex(span_str(incarnation), hex, sizeof hex) != 0) { /* it becomes a name */
        errno = EINVAL;
        return -1;
    }
    if ((!same || j->bytes >= j->bytes_max) && begin_file(j, incarnation, number) != 0)
        return -1;
    if (write_all(j, text.p, text.n) != 0 || write_all(j, "\n", 1) != 0)
        return -1;
    j->number = number;
    return 0;
}

int
journal_sync(struct journal *j)
{
    return j->fd < 0 ? 0 : fdatasync(j->fd);
}
