/*
 * A disk that loses power: files in memory behind a SQLite VFS. What was written and not synced may be there, absent, or torn at sectors of 512 bytes after the
 * power comes back; a kill of the process alone loses nothing. Power can be made to fail at any write.
 */
#ifndef SIMULATION_DISK_H
#define SIMULATION_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISKS_MAX 8

struct disk;
struct disk_image;

/* Before all else: SQLite without locks and counters, for one thread uses it. */
void disk_vfs_first(void);

/* Make disk ${index}, empty; its files are named "/disk<index>/<name>" for SQLite, whose default VFS this becomes. */
struct disk *disk_new(unsigned index, uint64_t seed);
void disk_free(struct disk *d);

/* Let the power fail at the ${writes}-th write or sync from now: it and all later ones fail; 0: not at all. */
void disk_arm(struct disk *d, uint64_t writes);
bool disk_is_dead(const struct disk *d);
/* From now on every write fails: what comes is the end of the process that had the files open. */
void disk_die(struct disk *d);
/* The files can be opened again. ${power}: what was not synced is in doubt. */
void disk_revive(struct disk *d, bool power);

/* What is on the disk now, to be put back later: a backup. */
struct disk_image *disk_copy(const struct disk *d);
void disk_restore(struct disk *d, const struct disk_image *image);
void disk_image_free(struct disk_image *image);

#endif
