#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES  65536
#define NAME_TRIES   100
#define SUFFIX_BYTES 40

/* Close, but report the error that brought us here. */
static void
close_keep(int fd)
{
    int saved = errno;

    (void)close(fd);
    errno = saved;
}

/*
 * How much to ask for first: a regular file whole, with one byte more, by which its end is seen at once. 0: it is a folder, for which no
 * memory need be asked. A file of the kernel's says that it is empty.
 */
static size_t
first_step(int fd, bool *is_whole)
{
    struct stat status;

    *is_whole = false;
    if (fstat(fd, &status) != 0)
        return CHUNK_BYTES;
    if (S_ISDIR(status.st_mode))
        return 0;
    *is_whole = S_ISREG(status.st_mode) && status.st_size > 0;
    return *is_whole ? (size_t)status.st_size + 1 : CHUNK_BYTES;
}

static int
read_all(int fd, struct buf *out)
{
    bool is_whole;
    size_t step = first_step(fd, &is_whole);

    if (step == 0) {
        errno = EISDIR;
        return -1;
    }
    for (;;) {
        size_t left = out->max - out->n;
        size_t want = left < step ? left : step;
        uint8_t beyond; /* a byte that would be too many */
        uint8_t *p = want > 0 ? buf_add(out, want) : &beyond;
        ssize_t n;

        if (p == NULL) {
            errno = ENOMEM;
            return -1;
        }
        n = read(fd, p, want > 0 ? want : 1);
        out->n -= want - (n > 0 && want > 0 ? (size_t)n : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        if (want == 0) {
            out->failed = true;
            errno = EFBIG;
            return -1;
        }
        if (is_whole && want == step && (size_t)n == step - 1)
            return 0; /* as long as it said: the byte more was not there */
        is_whole = false;
        step = CHUNK_BYTES;
    }
}

int
file_read_fd(int fd, struct buf *out)
{
    return read_all(fd, out);
}

int
file_read(const char *path, struct buf *out)
{
    int result;
    int fd;

    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, out);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    result = read_all(fd, out);
    close_keep(fd);
    return result;
}

static int
write_all(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        s = span_of(s.p + n, s.n - (size_t)n);
    }
    return 0;
}

/* A new file beside ${path}; its name goes to ${temp}. */
static int
open_beside(const char *path, unsigned mode, char temp[PATH_MAX])
{
    size_t n = strlen(path);

    if (n >= PATH_MAX - SUFFIX_BYTES) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (unsigned i = 0; i < NAME_TRIES; i++) {
        int fd;

        memcpy(temp, path, n);
        (void)snprintf(temp + n, SUFFIX_BYTES, ".tmp-%ld-%u", (long)getpid(), i);
        fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Without this a power cut may take the new name away again. */
static int
sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    int result;
    int fd;

    if (slash == path) {
        folder[0] = '/';
    } else if (slash != NULL) {
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = 0;
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    result = fsync(fd);
    close_keep(fd);
    return result;
}

static int
fill(int fd, struct span content)
{
    if (write_all(fd, content) != 0 || fsync(fd) != 0) {
        close_keep(fd);
        return -1;
    }
    return close(fd);
}

/* Give ${temp} its name; link(2) instead of rename(2) is what fails with EEXIST in one step. */
static int
name_file(const char *temp, const char *path, bool replace)
{
    if (replace)
        return rename(temp, path);
    if (link(temp, path) != 0)
        return -1;
    return unlink(temp);
}

static int
write_file(const char *path, struct span content, unsigned mode, bool replace)
{
    char temp[PATH_MAX];
    int fd = open_beside(path, mode, temp);

    if (fd < 0)
        return -1;
    if (fill(fd, content) != 0 || name_file(temp, path, replace) != 0) {
        int saved = errno;

        (void)unlink(temp);
        errno = saved;
        return -1;
    }
    return sync_folder(path);
}

int
file_write(const char *path, struct span content, unsigned mode)
{
    return write_file(path, content, mode, true);
}

int
file_create(const char *path, struct span content, unsigned mode)
{
    return write_file(path, content, mode, false);
}
