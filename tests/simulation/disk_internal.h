#ifndef SIMULATION_DISK_INTERNAL_H
#define SIMULATION_DISK_INTERNAL_H

#include "disk.h"
#include "disk_bytes.h"

#define FILES_MAX 8
#define SHM_MAX   16 /* pieces of shared memory of one WAL, 32 KiB each */

/* A file that was not synced says how it was (disk_bytes.h), so that a sync costs nothing, and a loss of power pays. */
struct disk_pending {
    uint64_t at;
    size_t n;        /* bytes written; of a truncation 0 */
    size_t size;     /* of the file, before */
    size_t old_n;    /* bytes of it that were there in place of what came, or beyond ${at} of a truncation */
    size_t old;      /* where they are in disk_file.old */
    bool truncation; /* to ${at} */
};

struct disk_file {
    char name[64]; /* "" = none */
    struct disk_bytes now;
    struct disk_pending *pending;
    size_t pending_n, pending_cap;
    uint8_t *old;
    size_t old_n, old_cap;
    void *shm[SHM_MAX]; /* gone with the process */
};

struct disk {
    unsigned index;
    uint64_t rng, left; /* left: writes until the power fails; 0 = it does not */
    bool dead;
    struct disk_file file[FILES_MAX];
};

extern struct disk *disk_table[DISKS_MAX];

bool disk_takes(struct disk *d);
struct disk_file *disk_find(struct disk *d, const char *name, bool make);
void disk_file_clear(struct disk_file *f);
void disk_write(struct disk_file *f, const void *p, size_t n, uint64_t at);
void disk_truncate(struct disk_file *f, uint64_t n);
void disk_sync(struct disk_file *f);

/* disk_vfs.c: once */
void disk_vfs_start(void);

#endif
