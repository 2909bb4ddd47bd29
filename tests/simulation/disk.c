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
bytes_free(struct disk_bytes *b)
{
    free(b->p);
    memset(b, 0, sizeof(*b));
}

static void
bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    bytes_free(to);
    if (from->n == 0)
        return;
    to->p = mem_new(from->n);
    memcpy(to->p, from->p, from->n);
    to->n = to->room = from->n;
}

static void
bytes_size(struct disk_bytes *b, size_t n)
{
    if (n > b->room) {
        b->room = n * 2;
        b->p = mem_resize(b->p, b->room);
    }
    if (n > b->n)
        memset(b->p + b->n, 0, n - b->n);
    b->n = n;
}

static void
forget_pending(struct disk_file *f)
{
    for (size_t i = 0; i < f->pending_n; i++)
        free(f->pending[i].p);
    free(f->pending);
    f->pending = NULL;
    f->pending_n = f->pending_cap = 0;
}

void
disk_file_clear(struct disk_file *f)
{
    bytes_free(&f->now);
    bytes_free(&f->durable);
    forget_pending(f);
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

static struct disk_pending *
add_pending(struct disk_file *f)
{
    if (f->pending_n == f->pending_cap) {
        f->pending_cap = f->pending_cap == 0 ? 16 : f->pending_cap * 2;
        f->pending = mem_resize(f->pending, f->pending_cap * sizeof(*f->pending));
    }
    memset(&f->pending[f->pending_n], 0, sizeof(*f->pending));
    return &f->pending[f->pending_n++];
}

void
disk_write(struct disk_file *f, const void *p, size_t n, uint64_t at)
{
    struct disk_pending *w = add_pending(f);

    bytes_size(&f->now, at + n > f->now.n ? at + n : f->now.n);
    memcpy(f->now.p + at, p, n);
    w->p = mem_new(n);
    memcpy(w->p, p, n);
    w->n = n;
    w->at = at;
}

void
disk_truncate(struct disk_file *f, uint64_t n)
{
    add_pending(f)->at = n;
    bytes_size(&f->now, n);
}

static void
apply(struct disk_bytes *b, const struct disk_pending *w, size_t from, size_t n)
{
    bytes_size(b, w->at + from + n > b->n ? w->at + from + n : b->n);
    memcpy(b->p + w->at + from, w->p + from, n);
}

void
disk_sync(struct disk_file *f)
{
    for (size_t i = 0; i < f->pending_n; i++) {
        const struct disk_pending *w = &f->pending[i];
        if (w->p == NULL)
            bytes_size(&f->durable, w->at);
        else
            apply(&f->durable, w, 0, w->n);
    }
    forget_pending(f);
}

/* Each write that was not synced is there, absent, or there in some of its sectors, whatever came after it. */
static void
lose(struct disk *d, struct disk_file *f)
{
    for (size_t i = 0; i < f->pending_n; i++) {
        const struct disk_pending *w = &f->pending[i];
        uint64_t fate = draw(d, 10);
        if (fate < 3)
            continue;
        if (w->p == NULL) {
            bytes_size(&f->durable, w->at);
        } else if (fate < 7) {
            apply(&f->durable, w, 0, w->n);
        } else {
            for (size_t k = 0; k < w->n; k += SECTOR) {
                if (draw(d, 2) == 0)
                    apply(&f->durable, w, k, w->n - k < SECTOR ? w->n - k : SECTOR);
            }
        }
    }
    bytes_copy(&f->now, &f->durable);
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
        bytes_copy(&image->file[i].now, &d->file[i].now);
    }
    return image;
}

void
disk_restore(struct disk *d, const struct disk_image *image)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        disk_file_clear(&d->file[i]);
        memcpy(d->file[i].name, image->file[i].name, sizeof(d->file[i].name));
        bytes_copy(&d->file[i].now, &image->file[i].now);
        bytes_copy(&d->file[i].durable, &image->file[i].now);
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
