/*
 * A mapped file that somebody cuts off raises SIGBUS where it ends now. The handler puts pages of zeros there and says so: the
 * reader goes on, stops at the first zero, and its caller asks mapping_is_cut(). The signal belongs to the thread that reads, which
 * is the only one of this program.
 */
#include "cli/mapping.h"

#include <assert.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_BYTES                                                                                         \
    4194304 /* passed before it is dropped: fewer calls, and no page is dropped that a reader still stands in */
#define HEAD_BYTES 1048576 /* never dropped: the header of a table stands there */

static struct {
    uint8_t *p;
    size_t n;
    size_t page;
    volatile sig_atomic_t is_cut;
    struct sigaction before;
} guard;

static void
on_bus(int number, siginfo_t *info, void *context)
{
    uint8_t *at = info->si_addr;

    (void)context;
    if (guard.p == NULL || at < guard.p || at >= guard.p + guard.n) {
        (void)sigaction(number, &guard.before, NULL); /* not ours: raised again on return */
        return;
    }
    at -= (size_t)(at - guard.p) % guard.page;
    /* A plain system call; one that fails leaves nothing to go on with. */
    if (mmap(at, (size_t)(guard.p + guard.n - at), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) == MAP_FAILED)
        _exit(1);
    guard.is_cut = 1;
}

static uint8_t *
map(int fd, struct stat *st, size_t least, size_t most, size_t *n)
{
    void *p;

    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || st->st_size < 0 || (uint64_t)st->st_size < least ||
        (uint64_t)st->st_size > most)
        return NULL;
    *n = (size_t)st->st_size;
    p = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, *n, MADV_SEQUENTIAL);
    return p;
}

static bool
guard_bytes(uint8_t *p, size_t n)
{
    struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};

    guard.p = p;
    guard.n = n;
    guard.page = (size_t)sysconf(_SC_PAGESIZE);
    guard.is_cut = 0;
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &guard.before) == 0)
        return true;
    guard.p = NULL;
    return false;
}

bool
mapping_open(struct mapping *m, int fd, size_t least, size_t most)
{
    uint8_t *p;
    size_t n = 0;

    assert(guard.p == NULL && least > 0);
    *m = (struct mapping){.dropped = HEAD_BYTES, .fd = fd};
    p = map(fd, &m->before, least, most, &n);
    if (p != NULL && !guard_bytes(p, n)) {
        (void)munmap(p, n);
        p = NULL;
    }
    if (p == NULL) {
        (void)close(fd);
        return false;
    }
    m->bytes = span_of(p, n);
    return true;
}

void
mapping_close(struct mapping *m)
{
    if (m->bytes.p == NULL)
        return;
    assert(guard.p == m->bytes.p);
    (void)sigaction(SIGBUS, &guard.before, NULL);
    (void)munmap(guard.p, guard.n);
    (void)close(m->fd);
    guard.p = NULL;
    m->bytes = span_of(NULL, 0);
}

void
mapping_passed(struct mapping *m, const uint8_t *at)
{
    size_t n;

    if (at < m->bytes.p || at > m->bytes.p + m->bytes.n)
        return; /* a copy of something */
    n = (size_t)(at - m->bytes.p);
    if (n < m->dropped + WINDOW_BYTES || guard.is_cut) /* zeros stay where they are */
        return;
    n -= n % WINDOW_BYTES;
    if (n > m->dropped)
        (void)madvise(guard.p + m->dropped, n - m->dropped, MADV_DONTNEED);
    m->dropped = n;
}

void
mapping_rewind(struct mapping *m)
{
    m->dropped = HEAD_BYTES;
}

bool
mapping_is_cut(const struct mapping *m)
{
    return m->bytes.p != NULL && guard.is_cut != 0;
}

bool
mapping_is_changed(const struct mapping *m)
{
    struct stat now;

    if (m->bytes.p == NULL)
        return false;
    return fstat(m->fd, &now) != 0 || now.st_size != m->before.st_size ||
           now.st_mtim.tv_sec != m->before.st_mtim.tv_sec || now.st_mtim.tv_nsec != m->before.st_mtim.tv_nsec;
}
