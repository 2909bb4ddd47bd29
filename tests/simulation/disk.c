#include "disk_internal.h"
#include "base/mem.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512

struct disk *disk_table[DISKS_MAX];

struct disk_image {
    struct disk_file file[FILES_MAX];
};

static uint64_t
draw(struct disk *d, uint64_t n)
{
    uint64_t z = (d->rng += 0x9e3779b97f4a7c15ULL);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % n;
}

struct disk *
disk_new(unsigned index, uint64_t seed)
{
    struct disk *d = mem_new(sizeof(*d));

    assert(index < DISKS_MAX && disk_table[index] == NULL);
    d->index = index;
    d->rng = seed;
    disk_table[index] = d;
    disk_vfs_start();
    return d;
}

static void
forget_pending(struct disk_file *f)
{
    f->pending_n = 0;
    f->old_n = 0;
}

void
disk_file_clear(struct disk_file *f)
{
    disk_bytes_free(&f->now);
    forget_pending(f);
    free(f->pending);
    free(f->old);
    f->pending = NULL;
    f->old = NULL;
    f->pending_cap = f->old_cap = 0;
    for (size_t i = 0; i < SHM_MAX; i++) {
        free(f->shm[i]);
        f->shm[i] = NULL;
    }
    f->name[0] = '\0';
}

void
disk_free(struct disk *d)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        disk_file_clear(&d->file[i]);
    disk_table[d->index] = NULL;
    free(d);
}

void
disk_arm(struct disk *d, uint64_t writes)
{
    if (d->left == 0 || writes == 0)
        d->left = writes;
}

bool
disk_is_dead(const struct disk *d)
{
    return d->dead;
}

void
disk_die(struct disk *d)
{
    d->dead = true;
}

/* Does this write still reach the disk? */
bool
disk_takes(struct disk *d)
{
    if (!d->dead && d->left > 0 && --d->left == 0)
        d->dead = true;
    return !d->dead;
}

/* Before the file changes from ${at} on: ${n} bytes of what is there are kept. */
static struct disk_pending *
add_pending(struct disk_file *f, size_t at, size_t n)
{
    struct disk_pending *w;

    if (f->pending_n == f->pending_cap) {
        f->pending_cap = f->pending_cap == 0 ? 16 : f->pending_cap * 2;
        f->pending = mem_resize(f->pending, f->pending_cap * sizeof(*f->pending));
    }
    if (n > f->old_cap - f->old_n) {
        f->old_cap = (f->old_n + n) * 2;
        f->old = mem_resize(f->old, f->old_cap);
    }
    w = &f->pending[f->pending_n++];
    memset(w, 0, sizeof(*w));
    w->at = at;
    w->size = f->now.n;
    w->old = f->old_n;
    w->old_n = n == 0 ? 0 : disk_bytes_read(&f->now, f->old + f->old_n, n, at);
    f->old_n += w->old_n;
    return w;
}

void
disk_write(struct disk_file *f, const void *p, size_t n, uint64_t at)
{
    add_pending(f, at, n)->n = n;
    disk_bytes_write(&f->now, p, n, at);
}

void
disk_truncate(struct disk_file *f, uint64_t n)
{
    add_pending(f, n, n < f->now.n ? f->now.n - n : 0)->truncation = true;
    disk_bytes_size(&f->now, n);
}

void
disk_sync(struct disk_file *f)
{
    forget_pending(f);
}

/* The file as it was when it was synced last; what was written since, in the order of writing. To be freed. */
static uint8_t *
undo(struct disk_file *f)
{
    size_t n = 0;
    uint8_t *written;

    for (size_t i = 0; i < f->pending_n; i++)
        n += f->pending[i].n;
    written = mem_new(n);
    for (size_t i = f->pending_n; i-- > 0;) {
        const struct disk_pending *w = &f->pending[i];
        n -= w->n;
        if (w->n > 0)
            (void)disk_bytes_read(&f->now, written + n, w->n, w->at);
        disk_bytes_size(&f->now, w->size);
        if (w->old_n > 0)
            disk_bytes_write(&f->now, f->old + w->old, w->old_n, w->at);
    }
    return written;
}

/* Each write that was not synced is there, absent, or there in some of its sectors, whatever came after it. */
static void
lose(struct disk *d, struct disk_file *f)
{
    uint8_t *written = undo(f), *p = written;

    for (size_t i = 0; i < f->pending_n; p += f->pending[i].n, i++) {
        const struct disk_pending *w = &f->pending[i];
        uint64_t fate = draw(d, 10);
        if (fate < 3)
            continue;
        if (w->truncation) {
            disk_bytes_size(&f->now, w->at);
        } else if (fate < 7) {
            disk_bytes_write(&f->now, p, w->n, w->at);
        } else {
            for (size_t k = 0; k < w->n; k += SECTOR) {
                if (draw(d, 2) == 0)
                    disk_bytes_write(&f->now, p + k, w->n - k < SECTOR ? w->n - k : SECTOR, w->at + k);
            }
        }
    }
    free(written);
    forget_pending(f);
}

void
disk_revive(struct disk *d, bool power)
{
    d->dead = false;
    d->left = 0;
    for (size_t i = 0; i < FILES_MAX; i++) {
        for (size_t k = 0; k < SHM_MAX; k++) {
            free(d->file[i].shm[k]);
            d->file[i].shm[k] = NULL;
        }
        if (power && d->file[i].name[0] != '\0')
            lose(d, &d->file[i]);
    }
}

struct disk_image *
disk_copy(const struct disk *d)
{
    struct disk_image *image = mem_new(sizeof(*image));

    for (size_t i = 0; i < FILES_MAX; i++) {
        memcpy(image->file[i].name, d->file[i].name, sizeof(d->file[i].name));
        disk_bytes_copy(&image->file[i].now, &d->file[i].now);
    }
    return image;
}

void
disk_restore(struct disk *d, const struct disk_image *image)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        disk_file_clear(&d->file[i]);
        memcpy(d->file[i].name, image->file[i].name, sizeof(d->file[i].name));
        disk_bytes_copy(&d->file[i].now, &image->file[i].now);
    }
}

void
disk_image_free(struct disk_image *image)
{
    if (image == NULL)
        return;
    for (size_t i = 0; i < FILES_MAX; i++)
        disk_file_clear(&image->file[i]);
    free(image);
}

struct disk_file *
disk_find(struct disk *d, const char *name, bool make)
{
    struct disk_file *free_one = NULL;

    for (size_t i = 0; i < FILES_MAX; i++) {
        if (strcmp(d->file[i].name, name) == 0)
            return &d->file[i];
        if (d->file[i].name[0] == '\0' && free_one == NULL)
            free_one = &d->file[i];
    }
    if (!make)
        return NULL;
    assert(free_one != NULL && strlen(name) < sizeof(free_one->name));
    snprintf(free_one->name, sizeof(free_one->name), "%s", name);
    return free_one;
}
